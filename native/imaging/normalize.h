#pragma once
#include "core/aten.h"

namespace stego {

// uint8 [H, W, 3] to float32 [3, H, W]: (x / 255 - mean) / std with ImageNet's constants, in separate fp32
// operations like torchvision's ToTensor and Normalize.
at::Tensor normalize(const at::Tensor& bytes);

// The same for non-byte values in [0, 1]: float32 [3, H, W].
at::Tensor normalize_unit(const at::Tensor& image);

// The inverse, as the official dense CRF sees an image: x * std, + mean, * 255, truncated; uint8 [H, W, 3].
at::Tensor denormalize(const at::Tensor& image);

}  // namespace stego
