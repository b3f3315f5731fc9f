#pragma once
#include <cstdint>
#include <vector>

#include "core/aten.h"
#include "imaging/upsample.h"

namespace stego {

// Labels as every linear probe of a step needs them. A pixel's logit of its own class is a blend of the four
// around it, so that of all pixels together is a product with weights that depend on the labels alone.
struct ProbeLabels {
  // An image with labels: its place in the batch, its map uint8 [H, W], and how much of each logit of the
  // grid its labeled pixels take for their own class, [classes, h*w].
  struct Image {
    size_t index;
    at::Tensor map, own_class;
  };
  std::vector<Image> images;
  int64_t valid = 0;               // labeled pixels
  int64_t classes, height, width;  // of the maps; 0 x 0 where no image has labels
  int64_t grid_height, grid_width;
};

// labels: for each image of a batch a uint8 map [H, W], or an undefined tensor where it has none; values at
// or above the number of classes are void.
ProbeLabels read_probe_labels(const std::vector<at::Tensor>& labels, int64_t classes, int64_t grid_height,
                              int64_t grid_width);

}  // namespace stego
