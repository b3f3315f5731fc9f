#include "loss/reconstruction.h"

#include "loss/equations.h"

namespace stego {

at::Tensor reconstruction_loss(const at::Tensor& decoded, const at::Tensor& features) {
  return -(normalize_samples(decoded) * normalize_samples(features)).sum(-1).mean();
}

}  // namespace stego
