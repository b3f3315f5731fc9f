#pragma once
#include <optional>
#include <vector>

#include "core/cancel.h"
#include "features/feature_store.h"
#include "head/segmentation_head.h"
#include "imaging/augment.h"
#include "loss/correspondence_loss.h"

namespace stego {

struct LearningRates {
  double head, linear_probe, cluster_probe;
};

// Settings that all steps have in common.
struct StepSettings {
  LossOptions loss;
  LearningRates learning_rates;
};

// The input of one step.
struct StepInput {
  std::vector<int64_t> images, positives;   // indices into the feature store
  std::vector<at::Tensor> labels;           // uint8 [H, W] each, undefined if an image has none
  std::vector<at::Tensor> positive_labels;  // the same for the positives; only for the oracle
  std::vector<at::Tensor> salience;  // uint8 [H, W] each, nonzero where salient; empty: uniform positions
  std::vector<at::Tensor> positive_salience;
  bool oracle = false;  // labels supervise instead of features (use_true_labels)
  uint64_t seed = 0;    // for this step's draws
  StepSettings settings;
  std::vector<ImageView> view_images;  // pictures of the batch, to make augmented views from
  Transform view_transform;
  bool histograms = false;              // count code similarities
  std::optional<Draws> draws;           // instead of drawing from the seed
  std::optional<AugmentedViews> views;  // instead of augmenting
};

// The features and positions used in a step. Each image's features are read once per step and never copied
// again: dropout is a separate mask.
struct StepBatch {
  std::vector<at::Tensor> features, positive_features;  // [h*w, C] each
  std::optional<DropoutMasks> masks, positive_masks, view_masks;
  Teacher teacher;
  at::Tensor view_features;     // [B, h*w, C], undefined without augmented views
  at::Tensor view_coordinates;  // [B, H, W, 2]
  Draws draws;
};

// Labels at or above `classes` are void.
StepBatch draw_batch(const FeatureStore& store, const StepInput& input, int64_t classes,
                     const CancelFlag& cancel);

}  // namespace stego
