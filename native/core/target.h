#pragma once
#include "core/aten.h"
#include "core/instructions.h"

namespace stego {

// Where a backbone runs, and in what type.
struct Target {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  Instructions instructions = Instructions::automatic;  // for our own CPU kernels
  bool plain = false;  // the form for any device (core/form.h), with which tests compare the fast one
};

}  // namespace stego
