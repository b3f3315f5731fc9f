#pragma once
#include "core/aten.h"

namespace stego {

// Minus the mean cosine between the codes of an augmented view and the image's codes at the places the view
// shows (train_segmentation.py, aug_alignment_weight). The gradient flows through both. codes, view_codes [B,
// h*w, dim]; view_coordinates [B, H, W, 2]: the position of each view pixel in the image, as (row, column) in
// [-1, 1]. `official_axes` swaps rows and columns in all but the untransformed view, like the official code:
// a mirrored view is then compared with the image upside down.
at::Tensor alignment_loss(const at::Tensor& codes, const at::Tensor& view_codes,
                          const at::Tensor& view_coordinates, int64_t grid_height, int64_t grid_width,
                          bool official_axes);

}  // namespace stego
