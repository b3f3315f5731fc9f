#pragma once
#include "core/aten.h"
#include "core/instructions.h"

namespace stego {

// Whether operators are computed in the form for any device: by libtorch's operators and the kernels of a
// GPU. On a CPU our fast form computes the same; STEGO_INSTRUCTIONS=operators rules it out, so that the form
// for other devices is tested on any machine.
inline bool by_operators(const at::Device& device) {
  return !device.is_cpu() || instructions_limit() == Instructions::operators;
}

}  // namespace stego
