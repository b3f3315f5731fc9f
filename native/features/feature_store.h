#pragma once
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "backbone/vision_transformer.h"
#include "core/aten.h"
#include "core/cancel.h"
#include "features/device_copies.h"
#include "features/record_file.h"

namespace stego {

// Where and how features are kept.
struct StoreOptions {
  int64_t count = 0;         // images
  int64_t picture_side = 0;  // > 0: also keep a small picture with that side for each image
  int64_t budget_bytes = 0;  // memory for features if there is no file
  struct File {
    std::string path, key, description;       // see RecordFile
    at::ScalarType dtype = at::kHalf;         // of the stored features
    int64_t grid_height = 0, grid_width = 0;  // patches of each image
  };
  std::optional<File> file;
};

// The backbone features of a set of images. The backbone is frozen and the training transform deterministic,
// so each image is computed once and kept: in a file, which holds all of them, or in memory in order of
// arrival until the byte budget is used up. Images beyond the budget are held only until the next
// computation. Means over each image are always kept.
class FeatureStore {
 public:
  FeatureStore(std::shared_ptr<const VisionTransformer> backbone, const StoreOptions& options);

  // Which of these images `gather` would not find, not counting those computed last.
  std::vector<int64_t> missing(const std::vector<int64_t>& indices);

  // Which images have no mean yet.
  std::vector<int64_t> missing_means(const CancelFlag& cancel);

  // Computes features of normalized images [n, 3, H, W] for `indices`.
  void compute(const std::vector<int64_t>& indices, const at::Tensor& images, const CancelFlag& cancel);

  // Float32 features [n, h*w, C] of images that are kept or were computed last, on the backbone's device.
  at::Tensor gather(const std::vector<int64_t>& indices) const;

  // Small normalized pictures [n, side, side, 3] of images whose features have been computed, on the
  // backbone's device.
  at::Tensor gather_pictures(const std::vector<int64_t>& indices) const;

  // Mean features [count, C] of all images, which must all have been computed. Not a copy: the tensor must
  // not outlive the store.
  at::Tensor pooled() const;

  int64_t count() const { return options_.count; }
  int64_t kept() const { return file_ ? file_->done() : kept_count_; }
  int64_t bytes() const { return bytes_; }  // in memory
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
  int64_t grid_height_ = 0, grid_width_ = 0;  // without a file, taken from the first computation
  int64_t bytes_ = 0, kept_count_ = 0;
  std::vector<at::Tensor> kept_;           // [h*w, C] each, undefined if not kept; empty with a file
  std::map<int64_t, at::Tensor> passing_;  // from the last computation
  at::Tensor means_;                       // [count, C]; only without a file
  std::vector<bool> has_mean_;
  std::vector<at::Tensor> pictures_;  // [side, side, 3] each; only without a file
  mutable DeviceCopies on_device_;
};

}  // namespace stego
