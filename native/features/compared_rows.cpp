#include "features/compared_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"
#include "core/parallel.h"
#include "features/tile_kernels.h"

namespace stego {

namespace {

// Covers float32 rounding in scores, bounds and cosines, none of which exceeds 2.
constexpr double kRounding = 1e-6;
// The number of rows used to choose the center and the ratio.
constexpr int64_t kMeasuredRows = 4096;
constexpr int64_t kRowsAtATime = 256;
constexpr double kLargestCode = 127;
constexpr double kLeastRatio = 1e-4;

struct Rounded {
  double scale, length_square, error_square;
};

// The codes of a row minus the center, and their distance from it. `shifted` receives the row minus the
// center.
Rounded round_row(const UnitRows& rows, int64_t index, const std::vector<double>& center, double* shifted,
                  int8_t* codes) {
  const float* row = rows.row(index);
  const double factor = rows.factor(index);
  double largest = 0;
  for (int64_t c = 0; c < rows.dim(); ++c) {
    shifted[c] = row[c] * factor - center[c];
    largest = std::max(largest, std::abs(shifted[c]));
  }
  // Rounded to float32, so that the codes match the scale actually used.
  const auto scale = static_cast<float>(largest / kLargestCode);
  const double inverse = scale > 0 ? 1.0 / scale : 0.0;
  double exact = 0, coded = 0, error = 0;
  for (int64_t c = 0; c < rows.dim(); ++c) {
    const double code = std::clamp(std::nearbyint(shifted[c] * inverse), -kLargestCode, kLargestCode);
    const double off = shifted[c] - code * scale;
    exact += shifted[c] * shifted[c];
    coded += code * code;
    error += off * off;
    codes[c] = static_cast<int8_t>(code);
  }
  return {scale, std::max(exact, coded * scale * scale), error};
}

}  // namespace

Quantization choose_quantization(const UnitRows& rows, Products products) {
  const bool possible = tile_kernels().score_int8 != nullptr && rows.dim() <= kMostInt8Channels;
  require(products != Products::int8 || possible, "Expected a processor with AVX-512 VNNI and at most ",
          kMostInt8Channels, " values per vector for 8-bit products. Use products: 'auto'.");
  Quantization result;
  if (products == Products::float32 || !possible) return result;
  const int64_t count = std::min(rows.count(), kMeasuredRows);
  const auto index = [&](int64_t i) { return i * rows.count() / count; };
  result.center.assign(rows.dim(), 0.0);
  for (int64_t i = 0; i < count; ++i) {
    const float* row = rows.row(index(i));
    const double factor = rows.factor(index(i)) / static_cast<double>(count);
    for (int64_t c = 0; c < rows.dim(); ++c) result.center[c] += row[c] * factor;
  }
  for (const double value : result.center) result.center_square += value * value;
  std::vector<double> shifted(rows.dim());
  std::vector<int8_t> codes(rows.dim());
  double lengths = 0, errors = 0;
  for (int64_t i = 0; i < count; ++i) {
    const Rounded rounded = round_row(rows, index(i), result.center, shifted.data(), codes.data());
    lengths += rounded.length_square;
    errors += rounded.error_square;
  }
  if (lengths > 0) result.ratio = std::max(std::sqrt(errors / lengths), kLeastRatio);
  return result;
}

ComparedRows::ComparedRows(const UnitRows& rows, std::vector<int32_t> order, const Quantization& quantization,
                           const CancelFlag& cancel)
    : rows(rows), order(std::move(order)) {
  peaks.assign(positions(), std::numeric_limits<float>::quiet_NaN());
  if (!quantization.int8()) {
    // Half the error bound of a sum of C float32 products of unit vectors, in any order.
    const auto error = static_cast<float>(static_cast<double>(rows.dim() + 16) / (1 << 25) + kRounding);
    for (int64_t position = 0; position < positions(); ++position) {
      if (this->order[position] >= 0) peaks[position] = error;
    }
    return;
  }
  scales.assign(positions(), 0.0f);
  biases.assign(positions(), 0);
  groups = (rows.dim() + 3) / 4;
  codes = at::zeros({positions() / kPanel, groups, kPanel, 4}, at::kChar);
  parallel_each((positions() + kRowsAtATime - 1) / kRowsAtATime, [&](int64_t block) {
    cancel.poll();
    const int64_t end = std::min((block + 1) * kRowsAtATime, positions());
    for (int64_t position = block * kRowsAtATime; position < end; ++position) {
      if (this->order[position] >= 0) quantize(position, quantization);
    }
  });
}

// With x = center + c, y = center + d: x.y = c.d + (center.x - center^2 / 2) + (center.y - center^2 / 2), and
// c.d differs from the product of the codes by at most |c'| |d - d'| + |c - c'| |d|. That is at most half of
// ratio |c|^2 + |c - c'|^2 / ratio plus the same for d, where |c| is the larger of the lengths of c and its
// code.
void ComparedRows::quantize(int64_t position, const Quantization& quantization) {
  std::vector<double> shifted(rows.dim());
  std::vector<int8_t> values(groups * 4);
  const auto [scale, length_square, error_square] =
      round_row(rows, order[position], quantization.center, shifted.data(), values.data());
  double along = 0;  // center.x
  for (int64_t c = 0; c < rows.dim(); ++c) along += quantization.center[c] * shifted[c];
  along += quantization.center_square;
  const double error =
      (quantization.ratio * length_square + error_square / quantization.ratio) / 2 + kRounding;
  scales[position] = static_cast<float>(scale);
  peaks[position] = static_cast<float>(along - quantization.center_square / 2 + error);
  biases[position] = -128 * std::accumulate(values.begin(), values.end(), 0);
  int8_t* panel =
      codes.mutable_data_ptr<int8_t>() + (position / kPanel * groups * kPanel + position % kPanel) * 4;
  for (int64_t group = 0; group < groups; ++group)
    std::copy_n(values.data() + group * 4, 4, panel + group * kPanel * 4);
}

std::vector<int32_t> in_sequence(int64_t begin, int64_t end) {
  std::vector<int32_t> order((end - begin + kPanel - 1) / kPanel * kPanel, -1);
  std::iota(order.begin(), order.begin() + (end - begin), static_cast<int32_t>(begin));
  return order;
}

}  // namespace stego
