#include "core/l2_normalize.h"

namespace stego {

at::Tensor l2_normalize(const at::Tensor& x, double eps) {
  return x / at::linalg_vector_norm(x, 2, {-1}, /*keepdim=*/true).clamp_min(eps);
}

}  // namespace stego
