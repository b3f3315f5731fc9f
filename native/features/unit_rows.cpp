#include "features/unit_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/dispatch.h"
#include "core/error.h"
#include "core/parallel.h"

namespace stego {

namespace {

constexpr double kShortest = 1e-12;
constexpr int64_t kRowsAtATime = 1024;

// Sum of products. A product of two float32 values is exact in float64, so a fused multiply-add changes
// nothing: only the order of the sum matters, and it is fixed here.
[[gnu::always_inline]] inline double dot_product(const float* a, const float* b, int64_t count) {
  constexpr int64_t lanes = 32;
  double sums[lanes] = {};
  const int64_t whole = count / lanes * lanes;
  for (int64_t c = 0; c < whole; c += lanes) {
    for (int64_t l = 0; l < lanes; ++l)
      sums[l] += static_cast<double>(a[c + l]) * static_cast<double>(b[c + l]);
  }
  for (int64_t c = whole; c < count; ++c)
    sums[c - whole] += static_cast<double>(a[c]) * static_cast<double>(b[c]);
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    for (int64_t l = 0; l < half; ++l) sums[l] += sums[l + half];
  }
  return sums[0];
}

double dot(const float* a, const float* b, int64_t count) {
  return dispatch<dot_product>(a, b, count);
}

// NaN if the row is not finite: float64 can hold any sum of squares of float32 values.
double factor_of(double square) {
  if (!std::isfinite(square)) return std::numeric_limits<double>::quiet_NaN();
  return square == 0 ? 0 : 1 / std::max(std::sqrt(square), kShortest);
}

}  // namespace

UnitRows::UnitRows(const at::Tensor& vectors, const CancelFlag& cancel)
    : vectors_(vectors),
      data_(vectors.const_data_ptr<float>()),
      stride_(vectors.stride(0)),
      dim_(vectors.size(1)),
      factors_(vectors.size(0)) {
  parallel_each((count() + kRowsAtATime - 1) / kRowsAtATime, [&](int64_t block) {
    cancel.poll();
    for (int64_t i = block * kRowsAtATime; i < std::min((block + 1) * kRowsAtATime, count()); ++i) {
      factors_[i] = factor_of(dot(row(i), row(i), dim()));
    }
  });
  const auto wrong =
      std::find_if(factors_.begin(), factors_.end(), [](double value) { return std::isnan(value); });
  require(wrong == factors_.end(), "Expected finite vectors, got a non-finite value in row ",
          wrong - factors_.begin(), ".");
}

float cosine(const UnitRows& rows, int64_t row, const UnitRows& columns, int64_t column) {
  return static_cast<float>(dot(rows.row(row), columns.row(column), rows.dim()) *
                            (rows.factor(row) * columns.factor(column)));
}

}  // namespace stego
