#pragma once
#include <cstdint>
#include <vector>

namespace stego {

// Precision against recall while the threshold falls, so that recall rises.
struct PrecisionRecallCurve {
  std::vector<double> precision, recall;
  double average_precision;
};

// Scores of any number of pairs, each known to be a true pair or not, in memory that does not grow: they are
// counted in 2^21 equal cells over [low, high], 32 MiB. All pairs count; only scores in one cell, which lie
// within the rounding error of float32 cosines of each other, count as equal.
class ScoreCounts {
 public:
  ScoreCounts(double low, double high);

  // Scores beyond the range count at its ends. Not a number counts at the low end.
  void add(float score, bool positive);

  uint64_t positives() const { return positives_; }
  uint64_t total() const { return total_; }

  // Average precision, the sum of precision times the growth of recall over all distinct scores; and at most
  // `points` (2 or more) points of the curve, evenly spaced in recall, from the highest score to the one at
  // which recall is 1. Throws ERR_STEGO_DATA_EMPTY where no pair is a true one.
  PrecisionRecallCurve curve(int64_t points) const;

 private:
  double low_, scale_;
  uint64_t positives_ = 0, total_ = 0;
  std::vector<uint64_t> counts_;  // [cells][2], false and true pairs
};

}  // namespace stego
