#pragma once
#include "backbone/block_stack.h"

namespace stego {

// The blocks on any device: products and attention by libtorch's operators in `type`, norms, GELU and the
// residual sum, which is in float32, by kernels.
class TensorBlocks : public BlockStack {
 public:
  TensorBlocks(const StackWeights& weights, at::Device device, at::ScalarType type);

  at::Tensor run(const at::Tensor& tokens, const FeatureOptions& features, InnerTensors* inner,
                 const CancelFlag& cancel) const override;

 private:
  at::Tensor queries_keys_values(const BlockWeights& block, const at::Tensor& x) const;
  at::Tensor attention(const BlockWeights& block, const at::Tensor& qkv) const;
  at::Tensor mlp(const BlockWeights& block, const at::Tensor& x) const;

  StackWeights weights_;
  at::Device device_;
  at::ScalarType type_;
};

}  // namespace stego
