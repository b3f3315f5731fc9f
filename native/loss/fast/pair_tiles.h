#pragma once
#include <cstdint>
#include <vector>

#include "core/aten.h"
#include "loss/pairs.h"

namespace stego {

// Unit vectors of anchors and of each image's partners.
struct UnitPairs {
  at::Tensor anchors;   // [B, P, C]
  at::Tensor partners;  // [B, n, Q, C]
};

// How correspondences become losses: -clamp(S, low, high) * (F + offset) for each pair of positions.
struct PairRule {
  at::Tensor offsets;          // [B, P, n], same type as the vectors: centering and shift
  double low, high;            // bounds of the code similarity, infinite if there are none
  std::vector<double> scales;  // weight of each slot's losses in the differentiated total
};

struct PairTiles {
  std::vector<double> losses, similarities;  // sums over all pairs of positions, by slot
  at::Tensor anchors_gradient;               // [B, P, D] with respect to unit code vectors
  at::Tensor partners_gradient;              // [B, n, Q, D]
};

// Computes the losses of all pairs of positions of all image pairs, and their gradient, tile by tile. No
// tensor of all pairs exists unless the details request one. Memory beyond the result: 2 x 128 x n x Q values
// per thread.
PairTiles compare_pairs(const UnitPairs& features, const UnitPairs& codes, const PairRule& rule,
                        PairDetails& details);

}  // namespace stego
