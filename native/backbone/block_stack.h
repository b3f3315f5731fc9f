#pragma once
#include <memory>
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"

namespace stego {

// Which of a block's tensors are the features (dino_feat_type of the official code).
enum class FeatureKind {
  tokens,  // its output after the final norm
  keys,    // the keys of its attention, heads side by side
};

struct FeatureOptions {
  FeatureKind kind = FeatureKind::tokens;
  int64_t layer = 1;  // of which block, counted from the last: 1 is the last
};

// A pre-norm block: x += proj(attention(norm1(x))), x += fc2(gelu(fc1(norm2(x)))), GELU in its exact form.
struct BlockWeights {
  at::Tensor norm1_weight, norm1_bias, qkv_weight, qkv_bias, proj_weight, proj_bias;
  at::Tensor norm2_weight, norm2_bias, fc1_weight, fc1_bias, fc2_weight, fc2_bias;
};

struct StackWeights {
  std::vector<BlockWeights> blocks;
  at::Tensor norm_weight, norm_bias;  // of the final LayerNorm
  int64_t heads;

  // The same on a device, products in `type` and norms in float32.
  StackWeights to(at::Device device, at::ScalarType type) const;
};

constexpr double kNormEpsilon = 1e-6;

// Inner tensors of the last blocks, earliest first.
struct InnerTensors {
  int64_t last_blocks;
  std::vector<at::Tensor> features;  // [B, T, C] block outputs after the final norm
  std::vector<at::Tensor> qkv;       // [3, B, heads, T, C / heads]
};

// A vision transformer's blocks and what computes them.
class BlockStack {
 public:
  virtual ~BlockStack() = default;

  // Tokens [B, T, C] of float32, the class token first, to the features chosen without it: float32
  // [B, T - 1, C]. Fills `inner` unless it is null, for which the features must be the last block's tokens.
  virtual at::Tensor run(const at::Tensor& tokens, const FeatureOptions& features, InnerTensors* inner,
                         const CancelFlag& cancel) const = 0;
};

}  // namespace stego
