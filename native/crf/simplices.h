#pragma once
#include <cstdint>

#include "crf/buffer.h"
#include "crf/elevation.h"

namespace stego::crf {

// Features of points, one row per dimension: values[i * stride + p]. The stride is a multiple of 16; values
// after the last point are zero.
struct Features {
  Features(int dims, int64_t points);
  float* row(int dim) { return values.data() + dim * stride; }
  const float* row(int dim) const { return values.data() + dim * stride; }
  int dims;
  int64_t points, stride;
  Buffer<float> values;
};

// The permutohedral-lattice simplex that contains each point. Its vertex with remainder 0 has the coordinates
// cells * (dims + 1), the last one implied; `ranks` holds rank i in bits 3i to 3i + 2.
struct Simplices {
  int dims;
  int64_t points;  // those of the features plus up to three at the origin, see find_simplices
  int64_t stride;
  Buffer<int16_t> cells;   // [dims, stride]
  Buffer<uint32_t> ranks;  // [points]
  Buffer<float> weights;   // [points, dims + 1], barycentric weight of the vertex of each remainder
};

// Steps 2 to 7 of docs/dense-crf-algorithm.md. Which vertices exist depends on the last bit: every operation
// is fp32 and rounded on its own (this file is compiled without contraction), and rank ties go to the later
// index. The reference processes four points at a time and creates vertices for missing ones too, with
// features 0: so do we.
Simplices find_simplices(const Features& features);

// The largest possible magnitude of a lattice coordinate when feature i is between 0 and largest[i].
double key_bound(const double* largest, int dims);

}  // namespace stego::crf
