#pragma once
#include <cstdint>
#include <vector>

#include "core/aten.h"
#include "loss/correspondence_loss.h"

namespace stego {

// How the feature correspondences of one pair type are distributed.
struct CorrespondenceDistribution {
  double quantile;  // the value asked for
  double mean;
  std::vector<int64_t> histogram;  // counts in 80 equal bins over [-1, 1]; values beyond count at the ends
};

struct Distributions {
  CorrespondenceDistribution self, knn, random;
};

// Gathers feature correspondences drawn exactly as training draws them (same sampling, dropout and centering)
// and reads off quantiles, from which automatic shifts are taken: .65, .80 and .95 suit every backbone tried.
class CorrespondenceMeter {
 public:
  void add(const FeatureCorrespondences& values);
  Distributions read(const PairValues& quantiles) const;

 private:
  class Counter {
   public:
    void add(const at::Tensor& values);
    CorrespondenceDistribution read(double quantile) const;

   private:
    std::vector<int64_t> counts_;
    double sum_ = 0;
    int64_t total_ = 0;
  };

  Counter self_, knn_, random_;
};

}  // namespace stego
