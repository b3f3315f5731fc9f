#include "training/shifts.h"

#include <algorithm>
#include <cmath>

namespace stego {

namespace {

// Centered correspondences lie within [-3, 3]. The fine bins are 1e-4 wide; values within a bin are assumed
// uniform.
constexpr double kLow = -3, kHigh = 3;
constexpr int64_t kFineBins = 60000, kCoarseBins = 80;

}  // namespace

void CorrespondenceMeter::Counter::add(const at::Tensor& values) {
  if (values.numel() == 0) return;
  counts_.resize(kFineBins, 0);
  const at::Tensor flat = values.cpu().contiguous();
  const float* data = flat.const_data_ptr<float>();
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const auto bin = static_cast<int64_t>((data[i] - kLow) / (kHigh - kLow) * kFineBins);
    ++counts_[std::clamp<int64_t>(bin, 0, kFineBins - 1)];
    sum_ += data[i];
  }
  total_ += flat.numel();
}

CorrespondenceDistribution CorrespondenceMeter::Counter::read(double quantile) const {
  CorrespondenceDistribution distribution{0, 0, std::vector<int64_t>(kCoarseBins, 0)};
  if (total_ == 0) return distribution;
  distribution.mean = sum_ / static_cast<double>(total_);
  const double width = (kHigh - kLow) / kFineBins, wanted = quantile * static_cast<double>(total_);
  double below = 0;
  bool found = false;
  for (int64_t bin = 0; bin < kFineBins; ++bin) {
    const auto count = static_cast<double>(counts_[bin]);
    if (!found && count > 0 && below + count >= wanted) {
      distribution.quantile = kLow + width * (static_cast<double>(bin) + (wanted - below) / count);
      found = true;
    }
    below += count;
    const double middle = kLow + width * (static_cast<double>(bin) + 0.5);
    const auto coarse = static_cast<int64_t>(std::floor((middle + 1) / 2 * kCoarseBins));
    distribution.histogram[std::clamp<int64_t>(coarse, 0, kCoarseBins - 1)] += counts_[bin];
  }
  return distribution;
}

void CorrespondenceMeter::add(const FeatureCorrespondences& values) {
  self_.add(values.self);
  knn_.add(values.knn);
  random_.add(values.random);
}

Distributions CorrespondenceMeter::read(const PairValues& quantiles) const {
  return {self_.read(quantiles.self), knn_.read(quantiles.knn), random_.read(quantiles.random)};
}

}  // namespace stego
