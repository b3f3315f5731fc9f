#pragma once
#include <cstdint>
#include <cstring>

#include "kernels/host_device.h"

namespace stego {

// A bfloat16 as it lies in memory: the upper half of a float.
struct BrainFloat {
  uint16_t bits;
};

STEGO_HOST_DEVICE inline float to_float(float value) {
  return value;
}

STEGO_HOST_DEVICE inline float to_float(BrainFloat value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

STEGO_HOST_DEVICE inline void assign(float& to, float value) {
  to = value;
}

// Rounds to nearest, ties to even, as libtorch does.
STEGO_HOST_DEVICE inline void assign(BrainFloat& to, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  to.bits = is_nan ? uint16_t{0x7fc0} : static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace stego
