#pragma once
#include "core/aten.h"

namespace stego {

// Minus the mean cosine between features decoded from codes and the features themselves, both [B, h*w, C]
// (train_segmentation.py, rec_weight).
at::Tensor reconstruction_loss(const at::Tensor& decoded, const at::Tensor& features);

}  // namespace stego
