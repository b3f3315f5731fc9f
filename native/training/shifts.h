#pragma once
#include <utility>
#include <vector>

#include "core/cancel.h"
#include "training/trainer.h"

namespace stego {

// How the feature correspondences of one pair type are distributed.
struct CorrespondenceDistribution {
  double quantile;  // the value asked for
  double mean;
  std::vector<int64_t> histogram;  // counts in 80 equal bins over [-1, 1]; values beyond count at the ends
};

struct DistributionBatch {
  std::vector<int64_t> images, positives;
  uint64_t seed;
};

struct Distributions {
  CorrespondenceDistribution self, knn, random;
};

// Draws F exactly as training does (same sampling, dropout and centring) over some batches and reads off
// quantiles, from which automatic shifts are taken: .65, .80 and .95 suit every backbone tried.
Distributions measure_correspondences(const FeatureStore& store,
                                      const std::vector<DistributionBatch>& batches, const LossOptions& loss,
                                      const PairValues& quantiles, const CancelFlag& cancel);

}  // namespace stego
