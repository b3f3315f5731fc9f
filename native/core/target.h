#pragma once
#include "core/aten.h"
#include "core/instructions.h"

namespace stego {

// Where a backbone computes, and in what.
struct Target {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  Instructions instructions = Instructions::automatic;  // of own loops on the CPU
  bool plain = false;  // by libtorch's operators alone, which is what fast forms are tested against
};

}  // namespace stego
