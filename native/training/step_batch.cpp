#include "training/step_batch.h"

#include "core/error.h"
#include "core/random.h"

namespace stego {

namespace {

// Maps of one size as one tensor; images without a map get zeros. Undefined where there is no map at all.
at::Tensor stack_maps(const std::vector<at::Tensor>& maps) {
  at::Tensor known;
  for (const at::Tensor& map : maps) {
    if (!map.defined()) continue;
    require(!known.defined() || map.sizes() == known.sizes(), "Expected maps of one size in a batch.");
    known = map;
  }
  if (!known.defined()) return known;
  std::vector<at::Tensor> whole;
  for (const at::Tensor& map : maps) whole.push_back(map.defined() ? map : at::zeros_like(known));
  return at::stack(whole);
}

// Classes moved up by one and void turned to 0, as the official oracle's one-hot maps count: int64 [B, H*W].
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
  require(maps.defined(), "Expected labels to learn from: no image of the batch has any.");
  return maps;
}

Teacher label_teacher(const StepInput& input, int64_t classes) {
  const at::Tensor own = oracle_classes(input.labels, classes),
                   positive = oracle_classes(input.positive_labels, classes);
  require(own.sizes() == positive.sizes(),
          "Expected one label map or none for each image and each positive.");
  return {own.flatten(1), positive.flatten(1), own.size(1), own.size(2), classes + 1};
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
  const LossOptions& loss = input.loss;
  const int64_t height = store.grid_height(), width = store.grid_width();
  at::Generator generator = make_generator(input.seed);
  StepBatch result;
  result.features = store.gather(input.images);
  result.positive_features = store.gather(input.positives);
  result.dropped_features = result.features;
  at::Tensor positive_dropped = result.positive_features;
  const bool views = input.views || !input.view_images.empty();
  if (loss.dropout > 0) {
    const auto draw = [&] {
      return draw_dropout(batch, store.backbone().dim(), loss.dropout, generator)
          .to(result.features.device());
    };
    result.masks = draw();
    result.positive_masks = draw();
    if (loss.feature_dropout) {
      result.dropped_features = result.features * result.masks->features;
      positive_dropped = result.positive_features * result.positive_masks->features;
    }
    if (views) result.view_masks = draw();
  }
  result.teacher = input.oracle ? label_teacher(input, classes)
                                : Teacher{result.dropped_features, positive_dropped, height, width};
  result.draws =
      (input.draws ? *input.draws : draw_positions(batch, height, width, loss, salience_of(input), generator))
          .to(result.features.device());
  if (!views) return result;
  const AugmentedViews augmented =
      input.views ? *input.views : augment(input.view_images, input.view_transform, {}, generator);
  require(augmented.images.size(0) == batch, "Expected one augmented view for each of ", batch,
          " images, got ", augmented.images.size(0), ".");
  cancel.poll();
  result.view_features = store.backbone().features(augmented.images, cancel);
  require(result.view_features.size(1) == height * width, "Expected views of the size of the images.");
  result.view_coordinates = augmented.coordinates.to(result.features.device());
  return result;
}

}  // namespace stego
