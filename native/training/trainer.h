#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clustering/kmeans.h"
#include "core/cancel.h"
#include "head/probe_labels.h"
#include "metrics/place_shares.h"
#include "model/network.h"
#include "training/adam.h"
#include "training/shifts.h"
#include "training/step_batch.h"

namespace stego {

// Counts of code similarities in 80 equal bins over [-1, 1], by pair type.
struct SimilarityHistograms {
  std::vector<int64_t> self, knn, random;
};

struct StepLosses {
  double correspondence, self, knn, random, cluster_probe;
  PairValues similarity;
  std::optional<double> linear_probe, baseline_linear_probe;  // absent if the batch has no labels
  std::optional<double> reconstruction, alignment, crf;       // unweighted, present if their weight is not 0
  std::optional<SimilarityHistograms> histograms;
  NamedTensors gradients;  // by parameter name, as used in this step's update
};

// A network in training. Each `step` is a forward pass, all losses, one backward pass and the updates.
class Trainer {
 public:
  Trainer(std::shared_ptr<Network> network, std::shared_ptr<FeatureStore> store);

  // If cancelled before the updates, leaves no trace; once the updates begin, it finishes.
  StepLosses step(const StepInput& input, const CancelFlag& cancel);

  // Gathers a batch's feature correspondences, drawn as in `step`. `read_distributions` returns their
  // quantiles and starts over.
  void measure(const StepInput& input, const CancelFlag& cancel);
  Distributions read_distributions(const PairValues& quantiles);

  // Collects the codes (`baseline` false) or backbone features of all patches of these images for
  // `fit_kmeans`. Memory for `total` images is allocated up front.
  void collect(const std::vector<int64_t>& images, bool baseline, int64_t total);
  // Fits k-means to the collected vectors, stores the centers in the network and frees the vectors.
  struct Clusters {
    KMeansResult kmeans;
    PlaceShares shares;
  };
  Clusters fit_kmeans(bool baseline, const KMeansOptions& options, const CancelFlag& cancel);

  // Reinitializes the probes and their optimizers (reset_probe_steps).
  void reset_probes(uint64_t seed);

  void save(TensorMap& tensors) const;
  void load(const TensorMap& tensors);

  const Network& network() const { return *network_; }

 private:
  struct Terms;
  Terms optional_terms(const StepInput& input, const StepBatch& batch, const at::Tensor& codes,
                       const at::Tensor& view_codes) const;
  ProbeLabels probe_labels(const StepInput& input) const;
  at::Tensor cluster_loss(const at::Tensor& codes, ClusterObjective objective) const;
  void create_probe_optimizers();

  std::shared_ptr<Network> network_;
  std::shared_ptr<FeatureStore> store_;
  Adam head_optimizer_;
  std::optional<Adam> cluster_optimizer_, linear_optimizer_, baseline_linear_optimizer_;
  CorrespondenceMeter meter_;
  at::Tensor collected_;  // [images * h*w, D], filled from the front
  int64_t collected_rows_ = 0;
};

}  // namespace stego
