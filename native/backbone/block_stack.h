#pragma once
#include <memory>
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"

namespace stego {

// Which tensor of a block is used as features (dino_feat_type of the official code).
enum class FeatureKind {
  tokens,  // its output after the final norm
  keys,    // the keys of its attention, heads side by side
};

struct FeatureOptions {
  FeatureKind kind = FeatureKind::tokens;
  int64_t layer = 1;  // which block, counted from the end: 1 is the last
};

// A pre-norm block: x += proj(attention(norm1(x))), x += fc2(gelu(fc1(norm2(x)))), with exact GELU.
struct BlockWeights {
  at::Tensor norm1_weight, norm1_bias, qkv_weight, qkv_bias, proj_weight, proj_bias;
  at::Tensor norm2_weight, norm2_bias, fc1_weight, fc1_bias, fc2_weight, fc2_bias;
};

struct StackWeights {
  std::vector<BlockWeights> blocks;
  at::Tensor norm_weight, norm_bias;  // of the final LayerNorm
  int64_t heads;

  // The same on a device, with products in `type` and norms in float32.
  StackWeights to(at::Device device, at::ScalarType type) const;
};

constexpr double kNormEpsilon = 1e-6;

// Inner tensors of the last blocks, earliest first.
struct InnerTensors {
  int64_t last_blocks;
  std::vector<at::Tensor> features;  // [B, T, C] block outputs after the final norm
  std::vector<at::Tensor> qkv;       // [3, B, heads, T, C / heads]
};

// A vision transformer's blocks and their implementation.
class BlockStack {
 public:
  virtual ~BlockStack() = default;

  // Computes the chosen features, float32 [B, T - 1, C], from float32 tokens [B, T, C]; the class token,
  // which comes first, is dropped. Fills `inner` unless it is null; filling it requires the features to be
  // the last block's tokens.
  virtual at::Tensor run(const at::Tensor& tokens, const FeatureOptions& features, InnerTensors* inner,
                         const CancelFlag& cancel) const = 0;
};

}  // namespace stego
