#pragma once
#include "core/aten.h"

namespace stego {

// Which share of the clusters' entropy is known once something of a patch is: the band of rows or of columns
// of four patches that it lies in, or the picture that it is of. 1 - H(cluster | band) / H(cluster), from 0
// to 1.
struct PlaceShares {
  double rows, columns, images;
};

// clusters: uint8 [images, h, w], each below `count`.
PlaceShares explain_clusters(const at::Tensor& clusters, int64_t count);

}  // namespace stego
