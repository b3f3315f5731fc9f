#pragma once
#include <optional>
#include <vector>

#include "backbone/vision_transformer.h"
#include "core/cancel.h"
#include "head/segmentation_head.h"
#include "imaging/transform.h"

namespace stego {

// Where the places of a picture that correspond to given points are (plot_dino_correspondence.py;
// docs/method-constants.md#correspondence-figures). For a point q of picture a, over the positions p of a or
// of another picture:
//
//   heat(p) = max(0, cosine(map_a(q), map(p)) - its mean over all p)
//
// The map of the point is read between positions (bilinear, corners aligned); heat is enlarged likewise.
struct CorrespondOptions {
  Transform transform;
  bool raw = false;  // the plain cosines, neither centered nor clamped
};

// Heat over the picture itself and, where there is one, over the other: float32 [P, height, width] each, at
// the pictures' own sizes.
struct HeatMaps {
  at::Tensor self;
  std::optional<at::Tensor> other;
};

// points [P, 2] as (x, y) in [-1, 1], the centers of the first and the last pixel. With a head the maps are
// its codes, without they are the backbone's features.
HeatMaps correspond(const VisionTransformer& backbone, const SegmentationHead* head, const ImageView& image,
                    const std::optional<ImageView>& other, const at::Tensor& points,
                    const CorrespondOptions& options, const CancelFlag& cancel);

}  // namespace stego
