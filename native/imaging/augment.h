#pragma once
#include <vector>

#include "core/aten.h"
#include "imaging/transform.h"

namespace stego {

// Ranges of the augmented view, the official values (train_segmentation.py).
struct AugmentOptions {
  double mirror = 0.5;                                        // probability
  double smallest_area = 0.8;                                 // of the part that is shown, 1 being all
  double brightness = 0.3, contrast = 0.3, saturation = 0.3;  // factors within 1 +- this
  double hue = 0.1;                                           // turns within +- this
  double gray = 0.2, blur = 0.5;                              // probabilities
};

// Augmented views of images: float32 [B, 3, H, W], normalized, and where each of their pixels lies in the
// image, as (row, column) in [-1, 1]: [B, H, W, 2]. Mirrored and cropped to a part that is enlarged to full
// size; colors changed before normalization, where values are still those of a picture (the official code
// changes them after).
struct AugmentedViews {
  at::Tensor images, coordinates;
};
AugmentedViews augment(const std::vector<ImageView>& images, const Transform& transform,
                       const AugmentOptions& options, at::Generator generator);

}  // namespace stego
