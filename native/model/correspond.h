#pragma once
#include <optional>
#include <vector>

#include "backbone/vision_transformer.h"
#include "core/cancel.h"
#include "head/segmentation_head.h"
#include "imaging/transform.h"

namespace stego {

// Where in a picture, or in another one, the places corresponding to given points are
// (plot_dino_correspondence.py; docs/method-constants.md#correspondence-figures). For a point q of picture a
// and all positions p of a or of another picture:
//
//   heat(p) = max(0, cosine(map_a(q), map(p)) - its mean over all p)
//
// The point is read from the map bilinearly with corners aligned; the heat map is enlarged the same way.
struct CorrespondOptions {
  Transform transform;
  bool subtract_mean;  // cosines less their mean over the image, clamped at 0; otherwise plain cosines
};

// Heat over the picture itself and, if given, over the other one: float32 [P, height, width] each, at the
// pictures' own sizes.
struct HeatMaps {
  at::Tensor self;
  std::optional<at::Tensor> other;
};

// points [P, 2] as (x, y) in [-1, 1], from the center of the first pixel to that of the last. With a head,
// the maps are its codes; without one, the backbone's features.
HeatMaps correspond(const VisionTransformer& backbone, const SegmentationHead* head, const ImageView& image,
                    const std::optional<ImageView>& other, const at::Tensor& points,
                    const CorrespondOptions& options, const CancelFlag& cancel);

}  // namespace stego
