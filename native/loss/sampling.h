#pragma once
#include "core/aten.h"

namespace stego {

// Continuous sample positions (modules.py sample): bilinear, border padding, align_corners True.
// coordinates [B, S, S, 2] in [-1, 1] as (x, y); sample (i, j) reads coordinates[j, i], as the official code
// does by transposing the two spatial axes. Four neighbours and their weights, shared by all maps of one grid
// size.
class SamplePoints {
 public:
  SamplePoints(const at::Tensor& coordinates, int64_t grid_height, int64_t grid_width);

  // maps [N, h*w, C] -> [B, S*S, C]; row b of the points reads map `sources[b]`, or map b without `sources`.
  at::Tensor sample(const at::Tensor& maps, const at::Tensor& sources = {}) const;

 private:
  at::Tensor places_[4];   // [B, S*S] index into h*w
  at::Tensor weights_[4];  // [B * S*S, 1]
};

// Uniform in [-1, 1): [batch, samples, samples, 2].
at::Tensor draw_coordinates(int64_t batch, int64_t samples, at::Generator generator);

// The official negatives' pseudo-permutation (modules.py super_perm): entries equal to their place move on by
// one, modulo n. No fixed points for n > 1, but repeats occur.
at::Tensor shift_fixed_points(const at::Tensor& permutation);
at::Tensor draw_negatives(int64_t batch, at::Generator generator);

}  // namespace stego
