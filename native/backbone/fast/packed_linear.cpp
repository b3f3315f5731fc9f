#include "backbone/fast/packed_linear.h"

namespace stego::vit {

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias, const Kernels& kernels)
    : kernels_(&kernels), depth_(weight.size(1)) {
  const int64_t columns = round_up(weight.size(0), kernels.columns), padding = columns - weight.size(0);
  panels_ = at::constant_pad_nd(weight.to(at::kFloat), {0, 0, 0, padding})
                .view({columns / kernels.columns, kernels.columns, depth_})
                .transpose(1, 2)
                .contiguous();  // [panels, K, columns of a panel]
  bias_ = at::constant_pad_nd(bias.to(at::kFloat), {0, padding}).contiguous();
}

}  // namespace stego::vit
