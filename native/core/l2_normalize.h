#pragma once
#include "core/aten.h"

namespace stego {

// x / max(|x|, eps) over the last axis, like torch's F.normalize.
at::Tensor l2_normalize(const at::Tensor& x, double eps);

}  // namespace stego
