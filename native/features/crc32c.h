#pragma once
#include <cstddef>
#include <cstdint>

namespace stego {

// CRC-32C (Castagnoli, RFC 3720) of bytes, going on from the value of those before them. Uses the processor's
// own instruction where it has one; the value is the same.
uint32_t crc32c(const void* data, size_t bytes, uint32_t before = 0);

}  // namespace stego
