#include "features/unit_rows.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STEGO_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define STEGO_MULTIVERSION
#endif

namespace stego {

namespace {

constexpr double kShortest = 1e-12;

// Sum of products. A product of two float32 is exact in float64, so that a fused multiply-add changes nothing:
// only the order of the sum matters, and that is fixed here.
STEGO_MULTIVERSION
double dot(const float* a, const float* b, int64_t count) {
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

}  // namespace

UnitRows::UnitRows(const at::Tensor& vectors)
    : vectors_(vectors),
      data_(vectors.const_data_ptr<float>()),
      stride_(vectors.stride(0)),
      dim_(vectors.size(1)),
      factors_(vectors.size(0)),
      zero_(vectors.size(0)) {
  at::parallel_for(0, count(), 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const double length = std::sqrt(dot(row(i), row(i), dim()));
      require(std::isfinite(length), "Expected finite vectors, got one that is not in row ", i, ".");
      factors_[i] = 1 / std::max(length, kShortest);
      zero_[i] = length == 0;
    }
  });
}

float cosine(const UnitRows& rows, int64_t row, const UnitRows& columns, int64_t column) {
  return static_cast<float>(dot(rows.row(row), columns.row(column), rows.dim()) *
                            (rows.factor(row) * columns.factor(column)));
}

}  // namespace stego
