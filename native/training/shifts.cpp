#include "training/shifts.h"

#include <cmath>

#include "core/error.h"

namespace stego {

namespace {

// Centred correspondences lie within [-3, 3]; the fine bins are 1e-4 wide, and values within one are taken as
// even.
constexpr double kLow = -3, kHigh = 3;
constexpr int64_t kFineBins = 60000, kCoarseBins = 80;

class Counter {
 public:
  void add(const at::Tensor& values) {
    if (values.numel() == 0) return;
    counts_ += at::histc(values.cpu(), kFineBins, kLow, kHigh).to(at::kLong);
    sum_ += values.sum(at::kDouble).item<double>();
    total_ += values.numel();
  }

  CorrespondenceDistribution result(double quantile) const {
    CorrespondenceDistribution distribution{0, total_ ? sum_ / total_ : 0,
                                            std::vector<int64_t>(kCoarseBins, 0)};
    const int64_t* counts = counts_.const_data_ptr<int64_t>();
    const double width = (kHigh - kLow) / kFineBins, wanted = quantile * static_cast<double>(total_);
    double below = 0;
    bool found = false;
    for (int64_t bin = 0; bin < kFineBins; ++bin) {
      const auto count = static_cast<double>(counts[bin]);
      if (!found && count > 0 && below + count >= wanted) {
        distribution.quantile = kLow + width * (bin + (wanted - below) / count);
        found = true;
      }
      below += count;
      const double middle = kLow + width * (bin + 0.5);
      const auto coarse = static_cast<int64_t>(std::floor((middle + 1) / 2 * kCoarseBins));
      distribution.histogram[std::clamp<int64_t>(coarse, 0, kCoarseBins - 1)] += counts[bin];
    }
    return distribution;
  }

 private:
  at::Tensor counts_ = at::zeros({kFineBins}, at::kLong);
  double sum_ = 0;
  int64_t total_ = 0;
};

}  // namespace

Distributions measure_correspondences(const FeatureStore& store,
                                      const std::vector<DistributionBatch>& batches, const LossOptions& loss,
                                      const PairValues& quantiles, const CancelFlag& cancel) {
  Counter self, knn, random;
  for (const DistributionBatch& entry : batches) {
    cancel.poll();
    const StepBatch batch = draw_batch(store, entry.images, entry.positives, loss, entry.seed, std::nullopt);
    const FeatureCorrespondences values = feature_correspondences(
        batch.teacher, batch.positive_teacher, store.grid_height(), store.grid_width(), batch.draws, loss);
    self.add(values.self);
    knn.add(values.knn);
    random.add(values.random);
  }
  return {self.result(quantiles.self), knn.result(quantiles.knn), random.result(quantiles.random)};
}

}  // namespace stego
