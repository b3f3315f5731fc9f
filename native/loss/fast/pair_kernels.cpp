#include "loss/fast/pair_kernels.h"

#include <algorithm>

#include "core/dispatch.h"

namespace stego {

namespace {

template <typename Value>
[[gnu::always_inline]] inline PairSums evaluate(const PairRow<Value>& row) {
  const Value* __restrict taught = row.taught;
  Value* __restrict similarity = row.similarity;
  const Value offset = row.offset, low = row.low, high = row.high, scale = row.scale;
  Value loss = 0, sum = 0;
#pragma omp simd reduction(+ : loss, sum)
  for (int64_t q = 0; q < row.count; ++q) {
    const Value value = similarity[q], factor = taught[q] + offset;
    const Value clamped = std::min(std::max(value, low), high);
    loss -= clamped * factor;
    sum += value;
    similarity[q] = clamped == value ? -scale * factor : 0;  // at a bound the gradient passes, as in torch
  }
  return {loss, sum};
}

}  // namespace

PairSums pair_row(const PairRow<float>& row) {
  return dispatch<evaluate<float>>(row);
}

PairSums pair_row(const PairRow<double>& row) {
  return dispatch<evaluate<double>>(row);
}

}  // namespace stego
