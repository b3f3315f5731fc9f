#pragma once
// The official formulation of the backbone (dino/vision_transformer.py): every attention matrix written out,
// one operator after another, float32, the whole batch at once.
#include <cmath>
#include <string>

#include "core/error.h"
#include "weights/safetensors.h"

namespace stego {

struct OfficialVit {
  TensorMap weights;  // under DINO's names
  int64_t heads;
  at::Tensor positions;  // [1, T, C], for the images' size

  const at::Tensor& of(const std::string& name) const { return weights.at(name); }

  at::Tensor linear(const at::Tensor& input, const std::string& name) const {
    return at::linear(input, of(name + ".weight"), of(name + ".bias"));
  }

  at::Tensor norm(const at::Tensor& input, const std::string& name) const {
    return at::layer_norm(input, {input.size(-1)}, of(name + ".weight"), of(name + ".bias"), 1e-6);
  }

  at::Tensor attention(const at::Tensor& input, const std::string& name) const {
    const int64_t batch = input.size(0), count = input.size(1), dim = input.size(2);
    const at::Tensor qkv =
        linear(input, name + ".qkv").reshape({batch, count, 3, heads, dim / heads}).permute({2, 0, 3, 1, 4});
    const at::Tensor scores = at::matmul(qkv[0], qkv[1].transpose(-2, -1)) *
                              std::pow(static_cast<double>(dim / heads), -0.5);  // [B, heads, T, T]
    const at::Tensor mixed = at::matmul(scores.softmax(-1), qkv[2]);
    return linear(mixed.transpose(1, 2).reshape({batch, count, dim}), name + ".proj");
  }

  // Normalized images [B, 3, H, W] to patch tokens [B, h*w, C].
  at::Tensor features(const at::Tensor& images) const {
    const at::Tensor& kernel = of("patch_embed.proj.weight");
    at::Tensor tokens = at::conv2d(images, kernel, of("patch_embed.proj.bias"), kernel.size(2));
    tokens = tokens.flatten(2).transpose(1, 2);
    tokens = at::cat({of("cls_token").expand({images.size(0), -1, -1}), tokens}, 1) + positions;
    for (int64_t i = 0; weights.count(text("blocks.", i, ".norm1.weight")); ++i) {
      const std::string name = text("blocks.", i);
      tokens = tokens + attention(norm(tokens, name + ".norm1"), name + ".attn");
      const at::Tensor hidden = at::gelu(linear(norm(tokens, name + ".norm2"), name + ".mlp.fc1"));
      tokens = tokens + linear(hidden, name + ".mlp.fc2");
    }
    return norm(tokens, "norm").slice(1, 1);
  }
};

}  // namespace stego
