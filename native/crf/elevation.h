#pragma once
#include <cmath>

namespace stego::crf {

// Maximum feature dimensions of a lattice: position alone has two, position and color five.
constexpr int kMaxDims = 7;

// Scale factors of the elevation (step 2 of docs/dense-crf-algorithm.md), computed in double and rounded
// once.
struct ElevationConstants {
  float scale[kMaxDims], inverse;
  explicit ElevationConstants(int dims) {
    const auto sigma = static_cast<float>(std::sqrt(2.0 / 3.0) * (dims + 1));
    for (int i = 0; i < dims; ++i) {
      scale[i] = static_cast<float>((1.0 / std::sqrt((i + 1.0) * (i + 2.0))) * sigma);
    }
    inverse = static_cast<float>(1.0 / (dims + 1));
  }
};

}  // namespace stego::crf
