#pragma once
#include <optional>
#include <vector>

#include "backbone/block_stack.h"

namespace stego {

// The blocks by libtorch's operators, in any type and on any device: norms and the sum of residuals stay in
// float32, products and attention are of `dtype`. On a CPU the layers are those of oneDNN with weights
// prepacked and GELU fused.
class TensorBlocks : public BlockStack {
 public:
  TensorBlocks(const StackWeights& weights, at::Device device, at::ScalarType dtype);

  at::Tensor run(const at::Tensor& tokens, const FeatureOptions& features, InnerTensors* inner,
                 const CancelFlag& cancel) const override;

 private:
  struct Norm {
    at::Tensor weight, bias;
  };
  struct Linear {
    at::Tensor weight, bias;
    bool prepacked;
    at::Tensor operator()(const at::Tensor& input, bool gelu = false) const;
  };
  struct Block {
    Norm norm1, norm2;
    Linear qkv, keys, proj, fc1, fc2;
  };

  Linear pack(const at::Tensor& weight, const at::Tensor& bias) const;
  at::Tensor normalize(const Norm& norm, const at::Tensor& tokens) const;

  at::Device device_;
  at::ScalarType dtype_;
  int64_t dim_, heads_;
  Norm norm_;
  std::vector<Block> blocks_;
};

}  // namespace stego
