#pragma once
#include "core/aten.h"
#include "crf/lattice.h"

namespace stego::crf {

// A lattice as tensors.
struct LatticeTensors {
  at::Tensor corner;     // [N, D + 1] int64: the vertices of each point's simplex
  at::Tensor weight;     // [N, D + 1]: its barycentric weights
  at::Tensor neighbors;  // [D + 1, 2, V] int64: the vertices before and after each along an axis, V for none
  int64_t vertices;

  int64_t bytes() const;
};

// Weights get the device and type of `options`, indices only its device.
LatticeTensors to_tensors(const Lattice& lattice, at::TensorOptions options);

}  // namespace stego::crf
