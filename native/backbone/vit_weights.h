#pragma once
#include <string>

#include "backbone/block_stack.h"
#include "tensors/stored_tensor.h"

namespace stego {

// The tensors of a vision transformer with C channels and patches of p x p pixels, in float32.
struct VitWeights {
  at::Tensor patch_weight, patch_bias;  // [C, 3, p, p], [C]
  at::Tensor class_token;               // [1, 1, C]
  at::Tensor positions;                 // [1, 1 + N, C], for the class token and a square grid of N patches
  StackWeights stack;
  TensorMap stored;  // all tensors as read, in their stored dtype, under DINO's names

  int64_t dim() const { return patch_weight.size(0); }
  int64_t patch() const { return patch_weight.size(2); }
  int64_t depth() const { return static_cast<int64_t>(stack.blocks.size()); }
};

// Takes tensors under DINO's names (`blocks.0.attn.qkv.weight`, ...), each preceded by `prefix`. `heads` 0
// means C / 64. Throws ERR_STEGO_BACKBONE naming the tensor that is missing or has another shape.
VitWeights read_vit_weights(const TensorMap& tensors, const std::string& prefix, int64_t heads);

}  // namespace stego
