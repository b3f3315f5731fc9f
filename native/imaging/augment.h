#pragma once
#include <vector>

#include "core/aten.h"
#include "imaging/transform.h"

namespace stego {

// Ranges for the augmented view; the official values (train_segmentation.py).
struct AugmentOptions {
  double mirror = 0.5;                                        // probability
  double smallest_area = 0.8;                                 // of the visible part, as a fraction
  double brightness = 0.3, contrast = 0.3, saturation = 0.3;  // factors within 1 +- this
  double hue = 0.1;                                           // turns within +- this
  double gray = 0.2, blur = 0.5;                              // probabilities
};

// Augments images. Returns the views, float32 [B, 3, H, W], normalized, and the position of each of their
// pixels in the original image as (row, column) in [-1, 1]: [B, H, W, 2]. Views are mirrored, then cropped to
// a part that is enlarged to full size. Colors change before normalization, on actual picture values (the
// official code changes them after).
struct AugmentedViews {
  at::Tensor images, coordinates;
};
AugmentedViews augment(const std::vector<ImageView>& images, const Transform& transform,
                       const AugmentOptions& options, at::Generator generator);

}  // namespace stego
