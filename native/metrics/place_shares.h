#pragma once
#include "core/aten.h"

namespace stego {

// How much of the clusters' entropy is explained by one fact about a patch: its band of four patch rows, its
// band of four patch columns, or its picture. 1 - H(cluster | band) / H(cluster), from 0 to 1.
struct PlaceShares {
  double rows, columns, images;
};

// clusters: uint8 [images, h, w], each below `count`.
PlaceShares explain_clusters(const at::Tensor& clusters, int64_t count);

}  // namespace stego
