#include "features/feature_store.h"

#include "core/error.h"

namespace stego {

namespace {

constexpr int64_t kImagesAtATime = 8, kImagesOfADevice = 128;  // bound a forward pass's memory

at::Tensor small_pictures(const at::Tensor& images, int64_t side) {
  return at::upsample_bilinear2d(images, {side, side}, /*align_corners=*/false)
      .permute({0, 2, 3, 1})
      .contiguous();
}

RecordLayout record_layout(const StoreOptions& options, int64_t channels) {
  const int64_t patches = options.file->grid_height * options.file->grid_width;
  const auto item = static_cast<int64_t>(at::elementSize(options.file->dtype));
  const auto wide = static_cast<int64_t>(sizeof(float));
  return {
      options.count,
      {patches * channels * item, channels * wide, options.picture_side * options.picture_side * 3 * wide}};
}

}  // namespace

FeatureStore::FeatureStore(std::shared_ptr<const VisionTransformer> backbone, const StoreOptions& options)
    : backbone_(std::move(backbone)), options_(options), on_device_(backbone_->device()) {
  require(count() >= 1, "Expected a store for at least one image, got ", count(), ".");
  if (options.file) {
    grid_height_ = options.file->grid_height;
    grid_width_ = options.file->grid_width;
    require(grid_height_ >= 1 && grid_width_ >= 1, "Expected images of at least one patch, got ",
            grid_height_, " x ", grid_width_, ".");
    file_ = std::make_unique<RecordFile>(options.file->path, options.file->key,
                                         record_layout(options, backbone_->dim()), options.file->description);
    return;
  }
  kept_.resize(count());
  means_ = at::empty({count(), backbone_->dim()}, at::kFloat);
  has_mean_.resize(count());
  if (options.picture_side > 0) pictures_.resize(count());
}

void FeatureStore::check(int64_t index) const {
  require(index >= 0 && index < count(), "Expected image indices below ", count(), ", got ", index, ".");
}

std::vector<int64_t> FeatureStore::missing(const std::vector<int64_t>& indices) {
  for (const int64_t index : indices) check(index);
  if (file_) file_->expect(indices);
  std::vector<int64_t> missing;
  for (const int64_t index : indices) {
    const bool there =
        file_ ? file_->valid(index, kFeatures) && file_->valid(index, kPicture) : kept_[index].defined();
    if (!there) missing.push_back(index);
  }
  return missing;
}

std::vector<int64_t> FeatureStore::missing_means(const CancelFlag& cancel) {
  std::vector<int64_t> missing;
  for (int64_t index = 0; index < count(); ++index) {
    if (index % 4096 == 0) cancel.poll();
    if (!(file_ ? file_->valid(index, kMean) : has_mean_[index])) missing.push_back(index);
  }
  return missing;
}

void FeatureStore::compute(const std::vector<int64_t>& indices, const at::Tensor& images,
                           const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  require(static_cast<int64_t>(indices.size()) == images.size(0), "Expected as many indices as images, got ",
          indices.size(), " and ", images.size(0), ".");
  for (const int64_t index : indices) check(index);
  const int64_t grid_height = images.size(2) / backbone_->patch(),
                grid_width = images.size(3) / backbone_->patch();
  require(grid_height_ == 0 || (grid_height_ == grid_height && grid_width_ == grid_width),
          "Expected all images in a store to have the same size.");
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part :
       images.split(backbone_->device().is_cpu() ? kImagesAtATime : kImagesOfADevice))
    parts.push_back(backbone_->features(part, cancel));
  const at::Tensor features = at::cat(parts).cpu();  // [n, h*w, C]
  grid_height_ = grid_height;
  grid_width_ = grid_width;
  const at::Tensor pictures =
      options_.picture_side > 0 ? small_pictures(images, options_.picture_side).cpu() : at::Tensor();
  passing_.clear();
  for (size_t i = 0; i < indices.size(); ++i) {
    const auto place = static_cast<int64_t>(i);
    const at::Tensor own = features[place];
    keep(indices[i], own, own.mean(0), pictures.defined() ? pictures[place] : at::Tensor());
  }
}

void FeatureStore::keep(int64_t index, const at::Tensor& features, const at::Tensor& mean,
                        const at::Tensor& picture) {
  if (file_) {
    const at::Tensor stored = features.to(options_.file->dtype).contiguous(), pooled = mean.contiguous();
    file_->write(index, {stored.const_data_ptr(), pooled.const_data_ptr(),
                         picture.defined() ? picture.const_data_ptr() : nullptr});
    return;
  }
  means_[index].copy_(mean);
  has_mean_[index] = true;
  if (picture.defined()) pictures_[index] = picture.clone();
  if (kept_[index].defined()) return;
  const auto bytes = static_cast<int64_t>(features.nbytes());
  if (bytes_ + bytes > options_.budget_bytes) {
    passing_[index] = features;
    return;
  }
  kept_[index] = features.clone();
  bytes_ += bytes;
  ++kept_count_;
}

// A part of a record as stored in the file.
at::Tensor FeatureStore::stored(int64_t index, Part part) const {
  const auto view = [&](at::IntArrayRef sizes, at::ScalarType dtype) {
    return at::from_blob(const_cast<std::byte*>(file_->part(index, part)), sizes, dtype);
  };
  if (part == kFeatures) return view({patches(), backbone_->dim()}, options_.file->dtype);
  return view({options_.picture_side, options_.picture_side, 3}, at::kFloat);
}

at::Tensor FeatureStore::features_of(int64_t index) const {
  check(index);
  if (file_ && file_->written(index)) return stored(index, kFeatures);
  if (!file_ && kept_[index].defined()) return kept_[index];
  const auto passing = passing_.find(index);
  require(passing != passing_.end(), "Expected the features of image ", index, " to be computed first.");
  return passing->second;
}

at::Tensor FeatureStore::gather(const std::vector<int64_t>& indices) const {
  require(!indices.empty(), "Expected at least one image index, got none.");
  const at::NoGradGuard no_grad;
  const auto count = static_cast<int64_t>(indices.size());
  const at::Tensor result = at::empty({count, patches(), backbone_->dim()},
                                      at::TensorOptions(at::kFloat).device(backbone_->device()));
  for (int64_t i = 0; i < count; ++i) result[i].copy_(on_device_.get(indices[i], features_of(indices[i])));
  return result;
}

at::Tensor FeatureStore::gather_pictures(const std::vector<int64_t>& indices) const {
  require(options_.picture_side > 0, "Expected a store that keeps pictures.");
  std::vector<at::Tensor> pictures;
  pictures.reserve(indices.size());
  for (const int64_t index : indices) {
    check(index);
    require(file_ ? file_->written(index) : pictures_[index].defined(), "Expected the features of image ",
            index, " to be computed before its picture is read.");
    pictures.push_back(file_ ? stored(index, kPicture) : pictures_[index]);
  }
  return at::stack(pictures).to(backbone_->device());
}

at::Tensor FeatureStore::pooled() const {
  for (int64_t index = 0; index < count(); ++index) {
    require(file_ ? file_->written(index) : has_mean_[index], "Expected the features of all ", count(),
            " images to be computed first.");
  }
  if (!file_) return means_;
  return at::from_blob(const_cast<std::byte*>(file_->part(0, kMean)), {count(), backbone_->dim()},
                       at::kFloat);
}

}  // namespace stego
