#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backbone/block_stack.h"
#include "backbone/position_map.h"
#include "core/aten.h"
#include "core/cancel.h"
#include "core/target.h"
#include "weights/safetensors.h"

namespace stego {

// DINO's vision transformer (Caron et al., ICCV 2021; dino/vision_transformer.py of the official code),
// frozen: patch embedding, class token, learned position embedding, pre-norm blocks, final LayerNorm (eps
// 1e-6). Any depth, width and patch size; tiny, small and base have 192, 384 and 768 channels in heads of 64.
class VisionTransformer {
 public:
  // For inspection and parity; `features` keeps none of them.
  struct Trace {
    at::Tensor tokens;     // [B, 1 + h*w, C] patch and class tokens with their positions
    at::Tensor positions;  // [1, 1 + h*w, C]
    InnerTensors inner;
  };

  // Takes tensors under DINO's names (`blocks.0.attn.qkv.weight`, ...), each behind `prefix`.
  // `heads` 0 means C / 64. Throws ERR_STEGO_BACKBONE naming what is missing or has another shape.
  VisionTransformer(const TensorMap& weights, const std::string& prefix, int64_t heads,
                    const FeatureOptions& features, const Target& target);

  // Normalised images [B, 3, H, W] to the features chosen, class token dropped: float32 [B, h*w, C],
  // row-major. H and W must be multiples of the patch (ERR_STEGO_SIZE). A large batch is taken in parts, so
  // that memory beyond the result is that of a few thousand tokens, or of one image.
  at::Tensor features(const at::Tensor& images, const CancelFlag& cancel) const;

  // The same backbone, whose features come with a position map taken off. The weights are shared.
  VisionTransformer without(const PositionMap& map) const;
  // The map that is taken off; none where features are as they are.
  const std::optional<PositionMap>& removed() const { return removed_; }

  Trace trace(const at::Tensor& images, int64_t last_blocks, const CancelFlag& cancel) const;

  int64_t dim() const { return dim_; }
  int64_t patch() const { return patch_; }
  int64_t depth() const { return depth_; }
  int64_t heads() const { return heads_; }
  int64_t parameters() const;
  const FeatureOptions& feature_options() const { return features_; }
  at::Device device() const { return target_.device; }
  at::ScalarType dtype() const { return target_.dtype; }

  // The tensors as they were read, in their stored dtype, under DINO's names.
  const TensorMap& stored() const { return stored_; }

 private:
  at::Tensor embed(const at::Tensor& images, at::Tensor* positions) const;
  at::Tensor positions(int64_t height, int64_t width) const;

  TensorMap stored_;
  FeatureOptions features_;
  Target target_;
  int64_t dim_, patch_, heads_, depth_;
  at::Tensor patch_weight_, patch_bias_, class_token_, position_embedding_;
  std::shared_ptr<const BlockStack> blocks_;
  std::optional<PositionMap> removed_;
};

}  // namespace stego
