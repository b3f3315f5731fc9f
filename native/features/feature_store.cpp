#include "features/feature_store.h"

#include "core/error.h"

namespace stego {

namespace {

constexpr int64_t kImagesAtATime = 8;  // bounds the memory of a forward pass

}  // namespace

FeatureStore::FeatureStore(std::shared_ptr<const VisionTransformer> backbone, int64_t count,
                           int64_t budget_bytes, int64_t picture_side)
    : backbone_(std::move(backbone)),
      budget_(budget_bytes),
      picture_side_(picture_side),
      kept_(count),
      pooled_(count),
      pictures_(picture_side > 0 ? count : 0) {
  require(count >= 1, "Expected a store for at least one image, got ", count, ".");
}

std::vector<bool> FeatureStore::compute(const std::vector<int64_t>& indices, const at::Tensor& images,
                                        const CancelFlag& cancel) {
  require(static_cast<int64_t>(indices.size()) == images.size(0), "Expected as many indices as images, got ",
          indices.size(), " and ", images.size(0), ".");
  for (const int64_t index : indices) {
    require(index >= 0 && index < count(), "Expected image indices below ", count(), ", got ", index, ".");
  }
  const int64_t grid_height = images.size(2) / backbone_->patch(),
                grid_width = images.size(3) / backbone_->patch();
  require(grid_height_ == 0 || (grid_height_ == grid_height && grid_width_ == grid_width),
          "Expected images of one size throughout a store.");
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : images.split(kImagesAtATime))
    parts.push_back(backbone_->features(part, cancel));
  const at::Tensor features = at::cat(parts);  // [n, h*w, C]
  grid_height_ = grid_height;
  grid_width_ = grid_width;
  passing_.clear();
  at::Tensor pictures;
  if (picture_side_ > 0) {
    pictures = at::upsample_bilinear2d(images, {picture_side_, picture_side_}, /*align_corners=*/false)
                   .permute({0, 2, 3, 1})
                   .contiguous();
  }
  std::vector<bool> kept;
  for (size_t i = 0; i < indices.size(); ++i) {
    const int64_t index = indices[i];
    const at::Tensor own = features[static_cast<int64_t>(i)];
    pooled_[index] = own.mean(0);
    if (pictures.defined()) pictures_[index] = pictures[static_cast<int64_t>(i)].clone();
    const auto bytes = static_cast<int64_t>(own.nbytes());
    if (!kept_[index].defined() && bytes_ + bytes <= budget_) {
      kept_[index] = own.clone();
      bytes_ += bytes;
      ++kept_count_;
    }
    kept.push_back(kept_[index].defined());
    if (!kept.back()) passing_[index] = own;
  }
  return kept;
}

at::Tensor FeatureStore::gather(const std::vector<int64_t>& indices) const {
  std::vector<at::Tensor> features;
  features.reserve(indices.size());
  for (const int64_t index : indices) {
    require(index >= 0 && index < count(), "Expected image indices below ", count(), ", got ", index, ".");
    const auto passing = passing_.find(index);
    require(kept_[index].defined() || passing != passing_.end(), "The features of image ", index,
            " are not in memory: compute them first.");
    features.push_back(kept_[index].defined() ? kept_[index] : passing->second);
  }
  require(!features.empty(), "Expected at least one image index, got none.");
  return at::stack(features);
}

at::Tensor FeatureStore::gather_pictures(const std::vector<int64_t>& indices) const {
  require(picture_side_ > 0, "Expected a store that keeps pictures.");
  std::vector<at::Tensor> pictures;
  pictures.reserve(indices.size());
  for (const int64_t index : indices) {
    require(index >= 0 && index < count() && pictures_[index].defined(), "The picture of image ", index,
            " is not in memory: compute its features first.");
    pictures.push_back(pictures_[index]);
  }
  return at::stack(pictures);
}

at::Tensor FeatureStore::pooled() const {
  for (const at::Tensor& vector : pooled_) {
    require(vector.defined(), "Expected the features of all ", count(), " images to be computed first.");
  }
  return at::stack(pooled_);
}

}  // namespace stego
