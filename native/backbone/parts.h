#pragma once
#include <functional>

#include "backbone/vision_transformer.h"

namespace stego {

// Calls `use` with the features [B, n, C] of images [B, 3, H, W] and returns what it makes of them, [B, n,
// D], as [B, h, w, D].
//
// Attention takes time and memory that grow with the square of the number of patches. Pictures of more than
// `max_patches` (0 for no limit) are computed in parts: every second patch in both directions, or every
// third, and so on, until a part has no more than that. Each part has the whole picture in view, thinned out,
// and its patches keep their places; so unlike with tiles there are no seams, and time grows with the area.
at::Tensor use_in_parts(const VisionTransformer& backbone, const at::Tensor& images, int64_t max_patches,
                        const std::function<at::Tensor(const at::Tensor&)>& use, const CancelFlag& cancel);

}  // namespace stego
