#pragma once
#include <cstdint>
#include <vector>

namespace stego {

// Precision versus recall as the threshold falls, so recall rises.
struct PrecisionRecallCurve {
  std::vector<double> precision, recall;
  double average_precision;
};

// Collects scores of any number of pairs, each known to be a true pair or not, in constant memory: they are
// counted in 2^21 equal cells over [low, high], 32 MiB. Every pair counts; only scores in the same cell,
// which are within the rounding error of float32 cosines, are treated as equal.
class ScoreCounts {
 public:
  ScoreCounts(double low, double high);

  // Scores outside the range go to the end cells; NaN goes to the low end.
  void add(float score, bool positive);

  uint64_t positives() const { return positives_; }
  uint64_t total() const { return total_; }

  // Returns average precision (the sum of precision times the increase in recall over all distinct scores)
  // and at most `points` (2 or more) points of the curve, evenly spaced in recall, from the highest score to
  // the one where recall reaches 1. Throws ERR_STEGO_DATA_EMPTY if there are no true pairs.
  PrecisionRecallCurve curve(int64_t points) const;

 private:
  double low_, scale_;
  uint64_t positives_ = 0, total_ = 0;
  std::vector<uint64_t> counts_;  // [cells][2], false and true pairs
};

}  // namespace stego
