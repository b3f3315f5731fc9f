#include "metrics/precision_recall.h"

#include <algorithm>

#include "core/error.h"

namespace stego {

namespace {

constexpr int64_t kCells = int64_t{1} << 21;

}  // namespace

ScoreCounts::ScoreCounts(double low, double high)
    : low_(low), scale_((kCells - 1) / (high - low)), counts_(2 * kCells) {}

void ScoreCounts::add(float score, bool positive) {
  const double place = (score - low_) * scale_ + 0.5;
  const int64_t cell = place > 0 ? static_cast<int64_t>(std::min<double>(place, kCells - 1)) : 0;
  ++counts_[2 * cell + positive];
  positives_ += positive;
  ++total_;
}

PrecisionRecallCurve ScoreCounts::curve(int64_t points) const {
  require(points >= 2, "Expected a curve with at least 2 points, got ", points, ".");
  if (positives_ == 0) {
    throw Error("ERR_STEGO_DATA_EMPTY",
                text("Expected positions that share a class among the ", total_,
                     " pairs of labeled positions, got none. Check the label maps, or use more images."));
  }
  PrecisionRecallCurve curve{{}, {}, 0};
  const auto all = static_cast<double>(positives_);
  const auto steps = static_cast<uint64_t>(points - 1);
  uint64_t found = 0, taken = 0, next_step = 0;
  for (int64_t cell = kCells - 1; found < positives_; --cell) {
    const uint64_t negative = counts_[2 * cell], positive = counts_[2 * cell + 1];
    if (negative + positive == 0) continue;
    found += positive;
    taken += negative + positive;
    const double precision = static_cast<double>(found) / static_cast<double>(taken);
    curve.average_precision += precision * (static_cast<double>(positive) / all);
    const uint64_t step = found * steps / positives_;
    if (step < next_step) continue;
    curve.precision.push_back(precision);
    curve.recall.push_back(static_cast<double>(found) / all);
    next_step = step + 1;
  }
  return curve;
}

}  // namespace stego
