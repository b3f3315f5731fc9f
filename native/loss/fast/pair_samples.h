#pragma once
#include "core/aten.h"
#include "loss/pairs.h"

namespace stego {

// Unit vectors at the sampled positions, and their original norms.
struct PairSamples {
  at::Tensor units;  // [B, slots, P, C]
  at::Tensor norms;  // [B, slots, P]
};

// negatives [n, B]: the image of each random pair.
PairSamples sample_pairs(const PairMaps& maps, const PairPoints& points, const at::Tensor& negatives);

// Converts the gradient of the unit vectors, which is overwritten, to that of the maps, and adds it to them.
void sample_pairs_backward(const PairSamples& samples, at::Tensor& gradient, const PairPoints& points,
                           const at::Tensor& negatives, PairMaps& map_gradients);

}  // namespace stego
