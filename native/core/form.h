#pragma once
#include "core/aten.h"
#include "core/instructions.h"

namespace stego {

// Whether operators on this device are computed by libtorch's operators alone. On a CPU our own kernels
// compute the same, faster; STEGO_INSTRUCTIONS=operators rules them out, so that the form that runs on other
// devices is tested on any machine.
inline bool by_operators(const at::Device& device) {
  return !device.is_cpu() || instructions_limit() == Instructions::operators;
}

}  // namespace stego
