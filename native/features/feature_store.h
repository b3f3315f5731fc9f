#pragma once
#include <map>
#include <vector>

#include "backbone/vision_transformer.h"
#include "core/aten.h"
#include "core/cancel.h"

namespace stego {

// Backbone features of a set of images. The backbone is frozen and the training transform deterministic, so
// each image is computed once and kept, in order of arrival, until the byte budget is used up. Images beyond
// it are held only until the next computation. Pooled features are kept of all.
class FeatureStore {
 public:
  // `picture_side` > 0 also keeps each image as a small picture of that side, which the contrastive CRF
  // needs.
  FeatureStore(std::shared_ptr<const VisionTransformer> backbone, int64_t count, int64_t budget_bytes,
               int64_t picture_side = 0);

  // Normalised images [n, 3, H, W] at places `indices`. Returns for each whether it is kept.
  std::vector<bool> compute(const std::vector<int64_t>& indices, const at::Tensor& images,
                            const CancelFlag& cancel);

  // Features [n, h*w, C] of images that are kept or were computed last.
  at::Tensor gather(const std::vector<int64_t>& indices) const;

  // Small pictures [n, side, side, 3] of images, normalised, of which features were computed.
  at::Tensor gather_pictures(const std::vector<int64_t>& indices) const;

  // Mean features [count, C] of all images; every image must have been computed once.
  at::Tensor pooled() const;

  int64_t count() const { return static_cast<int64_t>(kept_.size()); }
  int64_t kept() const { return kept_count_; }
  int64_t bytes() const { return bytes_; }
  int64_t grid_height() const { return grid_height_; }
  int64_t grid_width() const { return grid_width_; }
  const VisionTransformer& backbone() const { return *backbone_; }

 private:
  std::shared_ptr<const VisionTransformer> backbone_;
  int64_t budget_, picture_side_, bytes_ = 0, kept_count_ = 0, grid_height_ = 0, grid_width_ = 0;
  std::vector<at::Tensor> kept_;           // [h*w, C] each, undefined where not kept
  std::map<int64_t, at::Tensor> passing_;  // of the last computation
  std::vector<at::Tensor> pooled_;         // [C] each
  std::vector<at::Tensor> pictures_;       // [side, side, 3] each, empty without a side
};

}  // namespace stego
