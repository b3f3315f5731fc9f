#pragma once
#include "core/aten.h"

namespace stego {

// Continuous sample positions (modules.py sample): bilinear, border padding, align_corners True.
// coordinates [B, S, S', 2] in [-1, 1] as (x, y); sample (i, j) reads coordinates[j, i], as the official code
// does by transposing the two spatial axes. Four neighbours and their weights, shared by all maps of one grid
// size.
class SamplePoints {
 public:
  SamplePoints(const at::Tensor& coordinates, int64_t grid_height, int64_t grid_width);

  // maps [N, h*w, C] -> [B, S'*S, C]; row b of the points reads map `sources[b]`, or map b without `sources`.
  at::Tensor sample(const at::Tensor& maps, const at::Tensor& sources = {}) const;

  // The same of the one-hot maps [N, h*w, values] of class maps [N, h*w] int64, which never exist whole.
  at::Tensor sample_one_hot(const at::Tensor& classes, int64_t values, const at::Tensor& sources = {}) const;

 private:
  template <typename Read>
  at::Tensor blend(int64_t places, const at::Tensor& sources, Read read) const;

  at::Tensor places_[4];   // [B, S'*S] index into h*w
  at::Tensor weights_[4];  // [B * S'*S, 1]
};

}  // namespace stego
