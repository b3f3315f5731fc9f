#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/aten.h"
#include "core/error.h"
#include "crf_checks.h"

// Helpers shared by the checks.
namespace stego {

constexpr double kTolerance = 1e-4;  // for probabilities

// Throws Deviation with the concatenated parts unless the condition holds.
template <typename... Parts>
void expect(bool holds, const Parts&... parts) {
  if (!holds) throw Deviation(text(parts...));
}

// [labels, ...pixels] as rows [pixels, labels].
inline std::vector<double> rows_of(const at::Tensor& values) {
  const at::Tensor rows = values.flatten(1).t().to(at::kDouble).contiguous();
  const auto* data = rows.const_data_ptr<double>();
  return {data, data + rows.numel()};
}

inline double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// Checks rows for finite numbers from 0 to 1 that add up to 1.
inline void expect_distributions(const std::vector<double>& probabilities, int64_t labels) {
  for (size_t first = 0; first < probabilities.size(); first += labels) {
    double sum = 0;
    for (int64_t l = 0; l < labels; ++l) {
      const double value = probabilities[first + l];
      expect(value >= 0 && value <= 1 + 1e-6, "has a probability of ", value);  // also false for NaN
      sum += value;
    }
    expect(std::abs(sum - 1) <= 1e-5, "has probabilities that add up to ", sum);
  }
}

}  // namespace stego
