#include "backbone/block_stack.h"

namespace stego {

StackWeights StackWeights::to(at::Device device, at::ScalarType type) const {
  const auto norm = [&](const at::Tensor& tensor) { return tensor.to(device, at::kFloat); };
  const auto product = [&](const at::Tensor& tensor) { return tensor.to(device, type); };
  StackWeights moved{{}, norm(norm_weight), norm(norm_bias), heads};
  for (const BlockWeights& block : blocks) {
    moved.blocks.push_back({norm(block.norm1_weight), norm(block.norm1_bias), product(block.qkv_weight),
                            product(block.qkv_bias), product(block.proj_weight), product(block.proj_bias),
                            norm(block.norm2_weight), norm(block.norm2_bias), product(block.fc1_weight),
                            product(block.fc1_bias), product(block.fc2_weight), product(block.fc2_bias)});
  }
  return moved;
}

}  // namespace stego
