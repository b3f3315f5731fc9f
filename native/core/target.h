#pragma once
#include "core/aten.h"
#include "core/instructions.h"

namespace stego {

// Where a backbone runs, and in what type.
struct Target {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  Instructions instructions = Instructions::automatic;  // for our own CPU kernels
  bool plain = false;  // libtorch operators only; the tests compare the fast kernels with these
};

}  // namespace stego
