#pragma once
#include <cstdint>
#include <vector>

#include "core/aten.h"
#include "loss/correspondence_loss.h"

namespace stego {

// The distribution of the feature correspondences of one pair type.
struct CorrespondenceDistribution {
  double quantile;  // the requested value
  double mean;
  std::vector<int64_t> histogram;  // counts in 80 equal bins over [-1, 1]; outliers go to the end bins
};

struct Distributions {
  CorrespondenceDistribution self, knn, random;
};

// Gathers feature correspondences drawn exactly as in training (same sampling, dropout and centering) and
// reads off the quantiles used as automatic shifts: .65, .80 and .95 suit every backbone tried.
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
