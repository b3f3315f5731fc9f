#pragma once
#include <cstdint>
#include <vector>

#include "core/aten.h"
#include "imaging/upsample.h"

namespace stego {

// Labels in the form that every linear probe of a step needs. The logit of a pixel's own class blends the
// four grid logits around it, so the sum over all pixels is a product with weights that depend only on the
// labels.
struct ProbeLabels {
  // An image with labels: its index in the batch, its map uint8 [H, W], and the total weight of each grid
  // logit in its labeled pixels' own-class logits, [classes, h*w].
  struct Image {
    size_t index;
    at::Tensor map, own_class;
  };
  std::vector<Image> images;
  int64_t valid = 0;               // labeled pixels
  int64_t classes, height, width;  // of the maps; 0 x 0 if no image has labels
  int64_t grid_height, grid_width;
};

// labels: a uint8 map [H, W] for each image of a batch, or an undefined tensor if it has none. Values at or
// above the number of classes are void.
ProbeLabels read_probe_labels(const std::vector<at::Tensor>& labels, int64_t classes, int64_t grid_height,
                              int64_t grid_width);

}  // namespace stego
