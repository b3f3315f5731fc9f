#include "training/step_batch.h"

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "device/devices.h"

namespace stego {

namespace {

// Images gathered at a time: tensors this small let the allocator reuse their memory.
constexpr size_t kGatheredAtATime = 4;

// Stacks maps of one size into one tensor, with zeros for images without a map. Undefined if there are no
// maps at all.
at::Tensor stack_maps(const std::vector<at::Tensor>& maps) {
  at::Tensor known;
  for (const at::Tensor& map : maps) {
    if (!map.defined()) continue;
    require(!known.defined() || map.sizes() == known.sizes(),
            "Expected all maps in a batch to have the same size.");
    known = map;
  }
  if (!known.defined()) return known;
  std::vector<at::Tensor> whole;
  for (const at::Tensor& map : maps) whole.push_back(map.defined() ? map : at::zeros_like(known));
  return at::stack(whole);
}

// Classes shifted up by one with void as 0, as the official oracle's one-hot maps count them: int64 [B, H*W].
at::Tensor oracle_classes(const std::vector<at::Tensor>& labels, int64_t classes) {
  std::vector<at::Tensor> moved;
  for (const at::Tensor& label : labels) {
    if (!label.defined()) {
      moved.emplace_back();
      continue;
    }
    const at::Tensor wide = label.to(at::kLong);
    moved.push_back(at::where(wide < classes, wide + 1, at::zeros_like(wide)));
  }
  const at::Tensor maps = stack_maps(moved);
  require(maps.defined(), "Expected labels for at least one image of the batch, got none.");
  return maps;
}

// Features [h*w, C] of each image, read from the store once.
class Gathered {
 public:
  Gathered(const FeatureStore& store, const StepInput& input) : images_(input.images) {
    images_.insert(images_.end(), input.positives.begin(), input.positives.end());
    std::sort(images_.begin(), images_.end());
    images_.erase(std::unique(images_.begin(), images_.end()), images_.end());
    for (size_t begin = 0; begin < images_.size(); begin += kGatheredAtATime) {
      const size_t end = std::min(images_.size(), begin + kGatheredAtATime);
      const at::Tensor part = store.gather({images_.begin() + begin, images_.begin() + end});
      for (const at::Tensor& map : part.unbind(0)) maps_.push_back(map);
    }
  }

  std::vector<at::Tensor> of(const std::vector<int64_t>& images) const {
    std::vector<at::Tensor> maps;
    for (const int64_t image : images) {
      maps.push_back(maps_[std::lower_bound(images_.begin(), images_.end(), image) - images_.begin()]);
    }
    return maps;
  }

 private:
  std::vector<int64_t> images_;  // ascending
  std::vector<at::Tensor> maps_;
};

Teacher label_teacher(const StepInput& input, int64_t classes, const at::Device& device) {
  const at::Tensor own = upload(oracle_classes(input.labels, classes), device),
                   positive = upload(oracle_classes(input.positive_labels, classes), device);
  require(own.sizes() == positive.sizes(),
          "Expected one label map or none for each image and each positive.");
  return {{}, own.flatten(1), positive.flatten(1), own.size(1), own.size(2), classes + 1};
}

Teacher feature_teacher(const StepBatch& batch, bool dropout, int64_t height, int64_t width) {
  PairMaps maps{batch.features, batch.positive_features, {}, {}};
  if (dropout && batch.masks) {
    maps.image_masks = batch.masks->features;
    maps.neighbor_masks = batch.positive_masks->features;
  }
  return {maps, {}, {}, height, width};
}

Draws draws_on(const at::Device& device, Draws draws) {
  draws.coordinates1 = upload(draws.coordinates1, device);
  draws.coordinates2 = upload(draws.coordinates2, device);
  draws.negatives = upload(draws.negatives, device);
  if (draws.crf_places.defined()) draws.crf_places = upload(draws.crf_places, device);
  return draws;
}

Salience salience_of(const StepInput& input) {
  const auto batch = static_cast<int64_t>(input.images.size());
  const auto masks = [&](const std::vector<at::Tensor>& maps) {
    const at::Tensor stacked = stack_maps(maps);
    require(!stacked.defined() || stacked.size(0) == batch, "Expected one salience mask for each of ", batch,
            " images.");
    return stacked;
  };
  return {masks(input.salience), masks(input.positive_salience)};
}

}  // namespace

StepBatch draw_batch(const FeatureStore& store, const StepInput& input, int64_t classes,
                     const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  const auto batch = static_cast<int64_t>(input.images.size());
  require(input.positives.size() == input.images.size(), "Expected one positive for each of ", batch,
          " images, got ", input.positives.size(), ".");
  const LossOptions& loss = input.settings.loss;
  const int64_t height = store.grid_height(), width = store.grid_width();
  const at::Device device = store.backbone().device();
  at::Generator generator = make_generator(input.seed);
  StepBatch result;
  const Gathered gathered(store, input);
  result.features = gathered.of(input.images);
  result.positive_features = gathered.of(input.positives);
  const bool views = input.views || !input.view_images.empty();
  if (loss.dropout > 0) {
    const auto draw = [&] {
      const auto [linear, nonlinear, features] =
          draw_dropout(batch, store.backbone().dim(), loss.dropout, generator);
      return DropoutMasks{upload(linear, device), upload(nonlinear, device), upload(features, device)};
    };
    result.masks = draw();
    result.positive_masks = draw();
    if (views) result.view_masks = draw();
  }
  result.teacher = input.oracle ? label_teacher(input, classes, device)
                                : feature_teacher(result, loss.feature_dropout, height, width);
  result.draws = draws_on(
      device,
      input.draws ? *input.draws : draw_positions(batch, height, width, loss, salience_of(input), generator));
  if (!views) return result;
  const AugmentedViews augmented =
      input.views ? *input.views : augment(input.view_images, input.view_transform, {}, generator);
  require(augmented.images.size(0) == batch, "Expected one augmented view for each of ", batch,
          " images, got ", augmented.images.size(0), ".");
  cancel.poll();
  result.view_features = store.backbone().features(augmented.images, cancel);
  require(result.view_features.size(1) == height * width, "Expected views of the same size as the images.");
  result.view_coordinates = upload(augmented.coordinates, device);
  return result;
}

}  // namespace stego
