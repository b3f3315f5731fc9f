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

  // maps [N, h*w, C] -> [B * n, S'*S, C]: the points of each row of the coordinates, read from n maps named
  // by `sources` [B, n], or from the map of the row itself without `sources` (n = 1).
  at::Tensor sample(const at::Tensor& maps, const at::Tensor& sources = {}) const;

  // The same of the one-hot maps [N, h*w, values] of class maps [N, h*w] int64, which never exist whole.
  at::Tensor sample_one_hot(const at::Tensor& classes, int64_t values, const at::Tensor& sources = {}) const;

 private:
  at::Tensor sources_or_own(const at::Tensor& sources) const;

  at::Tensor places_;   // [B, S'*S, 4] index into h*w
  at::Tensor weights_;  // [B, S'*S, 4]
};

}  // namespace stego
