#pragma once
#include "core/aten.h"

namespace stego {

// Where a network computes, and in what.
struct Target {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
};

}  // namespace stego
