#pragma once
#include "core/aten.h"

namespace stego {

// uint8 [H, W, 3] to float32 [3, H, W]: (x / 255 - mean) / std with ImageNet's constants, in separate fp32
// operations as torchvision's ToTensor and Normalize do them.
at::Tensor normalize(const at::Tensor& bytes);

// The same of values in [0, 1] that are no bytes: float32 [3, H, W].
at::Tensor normalize_unit(const at::Tensor& image);

// The way back, as the official dense CRF sees an image: x * std, + mean, * 255, truncated; uint8 [H, W, 3].
at::Tensor denormalize(const at::Tensor& image);

}  // namespace stego
