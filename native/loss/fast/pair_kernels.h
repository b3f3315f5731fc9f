#pragma once
#include <cstdint>

namespace stego {

// One anchor and the positions of one partner.
template <typename Value>
struct PairRow {
  const Value* taught;  // [count] feature correspondence
  Value* similarity;    // [count] code correspondence; replaced by scale times the gradient of the losses
  int64_t count;
  Value offset, low, high, scale;
};

struct PairSums {
  double loss, similarity;
};

PairSums pair_row(const PairRow<float>& row);
PairSums pair_row(const PairRow<double>& row);

}  // namespace stego
