#pragma once
#include <cstdint>
#include <vector>

#include "core/aten.h"
#include "loss/pairs.h"

namespace stego {

// Unit vectors of anchors and of what each image is paired with.
struct UnitPairs {
  at::Tensor anchors;   // [B, P, C]
  at::Tensor partners;  // [B, n, Q, C]
};

// How correspondences become losses: -clamp(S, low, high) * (F + offset) of each pair of positions.
struct PairRule {
  at::Tensor offsets;          // [B, P, n], of the type of the vectors: centering and shift
  double low, high;            // bounds of the code similarity, infinite where there are none
  std::vector<double> scales;  // of each slot's losses in what the gradient is of
};

struct PairTiles {
  std::vector<double> losses, similarities;  // sums over all pairs of positions, by slot
  at::Tensor anchors_gradient;               // [B, P, D] by unit vectors of codes
  at::Tensor partners_gradient;              // [B, n, Q, D]
};

// Losses of every pair of positions of every pair of images, and their gradient, tile by tile: no tensor of
// all pairs exists unless details ask for it. Memory beyond the result: 2 x 128 x n x Q values a thread.
PairTiles compare_pairs(const UnitPairs& features, const UnitPairs& codes, const PairRule& rule,
                        PairDetails& details);

}  // namespace stego
