#include "features/crc32c.h"

#include <array>
#include <cstring>

#include "core/instructions.h"

#ifdef STEGO_X86_KERNELS
#include <nmmintrin.h>
#endif

namespace stego {

namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // reflected

// tables[k][b]: the effect of byte b on the value after k more zero bytes.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? kPolynomial : 0);
    tables[0][byte] = value;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t value = tables[k - 1][byte];
      tables[k][byte] = (value >> 8) ^ tables[0][value & 255];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

uint32_t by_tables(const uint8_t* data, size_t bytes, uint32_t value) {
  for (; bytes >= 8; data += 8, bytes -= 8) {
    uint32_t next = 0;
    for (size_t k = 0; k < 4; ++k) next ^= kTables[7 - k][data[k] ^ ((value >> (8 * k)) & 255)];
    for (size_t k = 4; k < 8; ++k) next ^= kTables[7 - k][data[k]];
    value = next;
  }
  for (; bytes > 0; ++data, --bytes) value = (value >> 8) ^ kTables[0][(value ^ *data) & 255];
  return value;
}

#ifdef STEGO_X86_KERNELS
__attribute__((target("sse4.2"))) uint32_t by_instruction(const uint8_t* data, size_t bytes, uint32_t start) {
  uint64_t value = start;
  for (; bytes >= 8; data += 8, bytes -= 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    value = _mm_crc32_u64(value, word);
  }
  for (; bytes > 0; ++data, --bytes) value = _mm_crc32_u8(static_cast<uint32_t>(value), *data);
  return static_cast<uint32_t>(value);
}
#endif

}  // namespace

uint32_t crc32c(const void* data, size_t bytes, uint32_t before) {
  const auto* first = static_cast<const uint8_t*>(data);
#ifdef STEGO_X86_KERNELS
  if (has_crc32c()) return ~by_instruction(first, bytes, ~before);
#endif
  return ~by_tables(first, bytes, ~before);
}

}  // namespace stego
