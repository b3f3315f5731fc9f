#pragma once
#include <optional>
#include <vector>

#include "backbone/vision_transformer.h"
#include "imaging/transform.h"

namespace stego {

// A square of a picture, in pixels, rotated by quarter turns and then mirrored.
struct SquareView {
  int64_t left, top, side, turns;
  bool mirrored;
};

// The sum of unit features at each grid position over a batch of pictures, [h, w, C]: of the pictures
// prepared by `transform`, or of one view of each, resized to the transform's resolution.
at::Tensor sum_units(const VisionTransformer& backbone, const std::vector<ImageView>& images,
                     const std::optional<std::vector<SquareView>>& views, const Transform& transform,
                     const CancelFlag& cancel);

}  // namespace stego
