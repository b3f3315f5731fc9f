#pragma once
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "backbone/vision_transformer.h"
#include "core/aten.h"
#include "core/cancel.h"
#include "features/record_file.h"

namespace stego {

// Where features are kept.
struct StoreOptions {
  int64_t count = 0;         // images
  int64_t picture_side = 0;  // > 0: each image is kept as a small picture of that side too
  int64_t budget_bytes = 0;  // memory for features, where there is no file
  struct File {
    std::string path, key, description;       // as RecordFile has them
    at::ScalarType dtype = at::kHalf;         // of the features in it
    int64_t grid_height = 0, grid_width = 0;  // patches of each image
  };
  std::optional<File> file;
};

// Backbone features of a set of images. The backbone is frozen and the training transform deterministic, so
// each image is computed once and kept: all of them in a file, or, in order of arrival, in memory until the
// byte budget is used up. Images beyond that are held only until the next computation. Means over the image
// are kept of all.
class FeatureStore {
 public:
  FeatureStore(std::shared_ptr<const VisionTransformer> backbone, const StoreOptions& options);

  // Which of these images `gather` would not find, those that were computed last aside.
  std::vector<int64_t> missing(const std::vector<int64_t>& indices);

  // Which images have no mean yet.
  std::vector<int64_t> missing_means(const CancelFlag& cancel);

  // Computes features of normalized images [n, 3, H, W] at places `indices`.
  void compute(const std::vector<int64_t>& indices, const at::Tensor& images, const CancelFlag& cancel);

  // Features [n, h*w, C] in float32 of images that are kept or were computed last.
  at::Tensor gather(const std::vector<int64_t>& indices) const;

  // Small pictures [n, side, side, 3] of images, normalized, of which features were computed.
  at::Tensor gather_pictures(const std::vector<int64_t>& indices) const;

  // Means [count, C] of the features of all images, each of which must have been computed. No copy is made:
  // the tensor must not outlive the store.
  at::Tensor pooled() const;

  int64_t count() const { return options_.count; }
  int64_t kept() const { return file_ ? file_->done() : kept_count_; }
  int64_t bytes() const { return bytes_; }  // of memory
  int64_t grid_height() const { return grid_height_; }
  int64_t grid_width() const { return grid_width_; }
  const VisionTransformer& backbone() const { return *backbone_; }

 private:
  enum Part { kFeatures, kMean, kPicture };

  int64_t patches() const { return grid_height_ * grid_width_; }
  void check(int64_t index) const;
  at::Tensor stored(int64_t index, Part part) const;
  at::Tensor features_of(int64_t index) const;
  void keep(int64_t index, const at::Tensor& features, const at::Tensor& mean, const at::Tensor& picture);

  std::shared_ptr<const VisionTransformer> backbone_;
  StoreOptions options_;
  std::unique_ptr<RecordFile> file_;
  int64_t grid_height_ = 0, grid_width_ = 0;  // without a file those of the first computation
  int64_t bytes_ = 0, kept_count_ = 0;
  std::vector<at::Tensor> kept_;           // [h*w, C] each, undefined where not kept; empty with a file
  std::map<int64_t, at::Tensor> passing_;  // of the last computation
  at::Tensor means_;                       // [count, C], without a file
  std::vector<bool> has_mean_;
  std::vector<at::Tensor> pictures_;  // [side, side, 3] each, without a file
};

}  // namespace stego
