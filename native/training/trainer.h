#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clustering/kmeans.h"
#include "core/cancel.h"
#include "features/feature_store.h"
#include "loss/correspondence_loss.h"
#include "model/network.h"
#include "training/adam.h"
#include "training/shifts.h"

namespace stego {

struct LearningRates {
  double head, linear, cluster;
};

struct StepInput {
  std::vector<int64_t> images, positives;  // indices of the feature store
  std::vector<at::Tensor> labels;          // uint8 [H, W] each, undefined where an image has none
  uint64_t seed;                           // of this step's draws
  LearningRates learning_rates;
  LossOptions loss;
  std::optional<Draws> draws;  // instead of drawing from the seed
};

struct StepLosses {
  double correspondence, self, knn, random, cluster;
  PairValues similarity;
  std::optional<double> linear, raw_linear;  // without labels in the batch there are none
  NamedTensors gradients;                    // by parameter name, as used by this step's update
};

// A network in training: one call of `step` is a forward pass, all losses, one backward pass and the updates.
class Trainer {
 public:
  Trainer(std::shared_ptr<Network> network, std::shared_ptr<FeatureStore> store);

  // Cancelled before the updates it leaves no trace; once they begin it ends.
  StepLosses step(const StepInput& input, const CancelFlag& cancel);

  // Draws the feature correspondences of a batch as `step` does and gathers them; `read_distributions` reads
  // their quantiles off and begins anew.
  void measure(const std::vector<int64_t>& images, const std::vector<int64_t>& positives, uint64_t seed,
               const LossOptions& loss);
  Distributions read_distributions(const PairValues& quantiles);

  // Collects the codes (`raw` false) or backbone features of all patches of these images for `fit_kmeans`.
  void collect(const std::vector<int64_t>& images, bool raw);
  // Fits k-means on what was collected, keeps the centres in the network and lets the vectors go.
  KMeansResult fit_kmeans(bool raw, const KMeansOptions& options, const CancelFlag& cancel);

  void save(TensorMap& tensors) const;
  void load(const TensorMap& tensors);

  const Network& network() const { return *network_; }

 private:
  std::shared_ptr<Network> network_;
  std::shared_ptr<FeatureStore> store_;
  Adam head_optimizer_, cluster_optimizer_;
  std::optional<Adam> linear_optimizer_, raw_linear_optimizer_;
  CorrespondenceMeter meter_;
  std::vector<at::Tensor> collected_;  // [h*w, D] each
};

}  // namespace stego
