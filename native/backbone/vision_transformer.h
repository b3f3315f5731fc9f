#pragma once
#include <memory>
#include <optional>

#include "backbone/block_stack.h"
#include "backbone/position_map.h"
#include "backbone/vit_weights.h"
#include "core/cancel.h"
#include "core/target.h"
#include "device/graphs.h"

namespace stego {

// DINO's frozen vision transformer: images to features. Any depth, width and patch size; tiny, small and base
// have 192, 384 and 768 channels in heads of 64.
class VisionTransformer {
 public:
  // For inspection and parity tests; `features` keeps none of these.
  struct Trace {
    at::Tensor tokens;     // [B, 1 + h*w, C] patch and class tokens with their positions
    at::Tensor positions;  // [1, 1 + h*w, C]
    InnerTensors inner;
  };

  // Throws ERR_STEGO_BACKBONE for a feature layer that does not exist.
  VisionTransformer(VitWeights weights, const FeatureOptions& features, const Target& target);

  // Normalized images [B, 3, H, W] to the chosen features without the class token: float32 [B, h*w, C],
  // row-major. H and W must be multiples of the patch size (ERR_STEGO_SIZE). Large batches are split, so
  // memory beyond the result is that of a few thousand tokens or of one image.
  at::Tensor features(const at::Tensor& images, const CancelFlag& cancel) const;

  // The features of a part of pictures' patches, which see nothing of the others: `images` hold their pixels
  // side by side, and they have the positions that they have in the whole.
  at::Tensor features(const at::Tensor& images, const GridPart& part, const CancelFlag& cancel) const;

  // The same backbone with a position map subtracted from its features. Shares the weights.
  VisionTransformer without(const PositionMap& map) const;
  // The map that is subtracted; empty if features are used as they are.
  const std::optional<PositionMap>& removed() const { return removed_; }

  Trace trace(const at::Tensor& images, int64_t last_blocks, const CancelFlag& cancel) const;

  int64_t dim() const { return weights_.dim(); }
  int64_t patch() const { return weights_.patch(); }
  int64_t depth() const { return depth_; }
  int64_t heads() const { return heads_; }
  int64_t parameters() const;
  at::Device device() const { return target_.device; }

  // The tensors as read, in their stored dtype, under DINO's names.
  const TensorMap& stored() const { return weights_.stored; }

 private:
  at::Tensor embed(const at::Tensor& images, const GridPart& part, at::Tensor* positions) const;
  at::Tensor positions(const GridPart& part) const;
  GridPart grid_of(const at::Tensor& images) const;

  VitWeights weights_;  // those of the blocks were moved to blocks_
  FeatureOptions features_;
  Target target_;
  int64_t heads_, depth_;
  std::shared_ptr<const BlockStack> blocks_;
  std::shared_ptr<Graphs> graphs_;  // of small batches of whole pictures
  std::optional<PositionMap> removed_;
};

}  // namespace stego
