#pragma once
#include "core/aten.h"

namespace stego {

// RGB bytes of some pixels to (x / 255 - mean) / std with ImageNet's constants, in separate fp32 operations
// like torchvision's ToTensor and Normalize. Channel c goes to `target + c * plane`.
void normalize(const uint8_t* rgb, int64_t pixels, float* target, int64_t plane);

// The same by libtorch's operators, on any device: uint8 [B, H, W, 3] to float32 [B, 3, H, W].
at::Tensor normalize_bytes(const at::Tensor& pixels);

// The same for non-byte values in [0, 1]: float32 [3, H, W].
at::Tensor normalize_unit(const at::Tensor& image);

// The inverse, as the official dense CRF sees an image: x * std, + mean, * 255, truncated; uint8 [H, W, 3].
at::Tensor denormalize(const at::Tensor& image);

}  // namespace stego
