#pragma once
#include <cstddef>
#include <cstdint>

namespace stego {

// CRC-32C (Castagnoli, RFC 3720) of bytes, continuing from the value of the preceding bytes. Uses the
// processor's instruction if there is one; the value is the same.
uint32_t crc32c(const void* data, size_t bytes, uint32_t before = 0);

}  // namespace stego
