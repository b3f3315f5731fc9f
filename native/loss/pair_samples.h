#pragma once
#include <vector>

#include "core/aten.h"
#include "loss/sampling.h"

namespace stego {

// The slots of a pairing: each image with itself, with its neighbour, and with its random partners from
// `kRandomSlot` on.
constexpr int64_t kSelfSlot = 0, kNeighborSlot = 1, kRandomSlot = 2;

// Maps that pairs are sampled from, [places, C] each, of one type.
struct PairMaps {
  std::vector<at::Tensor> images, neighbors;
  at::Tensor image_masks, neighbor_masks;  // [B, C] factors of the channels; undefined: none
};

// Where the maps of each image are read.
struct PairPoints {
  SamplePoints anchors;    // an image itself
  SamplePoints neighbors;  // its neighbour
  SamplePoints partners;   // the images that it is paired with at random
};

// Unit vectors at the sampled positions, and the norms they had.
struct PairSamples {
  at::Tensor units;  // [B, slots, P, C]
  at::Tensor norms;  // [B, slots, P]
};

// negatives [n, B]: the image of each random pair.
PairSamples sample_pairs(const PairMaps& maps, const PairPoints& points, const at::Tensor& negatives);

// Back from the gradient by the unit vectors, which is overwritten, to that by the maps, which are added to.
void sample_pairs_backward(const PairSamples& samples, at::Tensor& gradient, const PairPoints& points,
                           const at::Tensor& negatives, PairMaps& map_gradients);

}  // namespace stego
