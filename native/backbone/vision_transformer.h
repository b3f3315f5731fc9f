#pragma once
#include <string>
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "weights/safetensors.h"

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

// DINO's vision transformer (Caron et al., ICCV 2021; dino/vision_transformer.py of the official code),
// frozen: patch embedding, class token, learned position embedding, pre-norm blocks, final LayerNorm (eps
// 1e-6). Any depth, width and patch size; tiny, small and base have 192, 384 and 768 channels in heads of 64.
class VisionTransformer {
 public:
  // Inner tensors of the last blocks, earliest first. For inspection and parity; `features` keeps none of
  // them.
  struct Trace {
    at::Tensor tokens;                 // [B, 1 + h*w, C] patch and class tokens with their positions
    at::Tensor positions;              // [1, 1 + h*w, C]
    std::vector<at::Tensor> features;  // [B, 1 + h*w, C] block outputs after the final norm
    std::vector<at::Tensor> qkv;       // [3, B, heads, 1 + h*w, C / heads]
  };

  // Takes tensors under DINO's names (`blocks.0.attn.qkv.weight`, ...), each behind `prefix`.
  // `heads` 0 means C / 64. Throws ERR_STEGO_BACKBONE naming what is missing or has another shape.
  VisionTransformer(const TensorMap& weights, const std::string& prefix, int64_t heads,
                    const FeatureOptions& features, at::Device device, at::ScalarType dtype);

  // Normalised images [B, 3, H, W] to the features chosen, class token dropped: [B, h*w, C], row-major. H and
  // W must be multiples of the patch (ERR_STEGO_SIZE).
  at::Tensor features(const at::Tensor& images, const CancelFlag& cancel) const;

  Trace trace(const at::Tensor& images, int64_t last_blocks, const CancelFlag& cancel) const;

  int64_t dim() const { return dim_; }
  int64_t patch() const { return patch_; }
  int64_t depth() const { return static_cast<int64_t>(blocks_.size()); }
  int64_t heads() const { return heads_; }
  int64_t parameters() const;
  const FeatureOptions& feature_options() const { return features_; }
  at::Device device() const { return device_; }
  at::ScalarType dtype() const { return dtype_; }

  // The tensors as they were read, in their stored dtype, under DINO's names.
  const TensorMap& stored() const { return stored_; }

 private:
  struct Block {
    at::Tensor norm1_weight, norm1_bias, qkv_weight, qkv_bias, proj_weight, proj_bias;
    at::Tensor norm2_weight, norm2_bias, fc1_weight, fc1_bias, fc2_weight, fc2_bias;
  };

  at::Tensor embed(const at::Tensor& images, at::Tensor* positions) const;
  at::Tensor positions(int64_t height, int64_t width) const;
  at::Tensor normalized(const at::Tensor& tokens) const;
  void attend(const Block& block, at::Tensor& tokens, std::vector<at::Tensor>* qkv) const;
  void transform(const Block& block, at::Tensor& tokens) const;

  at::Tensor keys(const Block& block, const at::Tensor& tokens) const;

  TensorMap stored_;
  FeatureOptions features_;
  at::Device device_;
  at::ScalarType dtype_;
  int64_t dim_, patch_, heads_;
  at::Tensor patch_weight_, patch_bias_, class_token_, position_embedding_, norm_weight_, norm_bias_;
  std::vector<Block> blocks_;
};

}  // namespace stego
