#include "head/probe_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

#include "core/dispatch.h"

namespace stego {

namespace {

constexpr float kLog2E = std::numbers::log2e_v<float>;

// Sixteen floats; the compiler maps them to registers of the instruction set.
using Vector [[gnu::vector_size(64)]] = float;
using Integers [[gnu::vector_size(64)]] = int32_t;

constexpr int64_t kWidth = 16;                 // floats per vector
constexpr int64_t kVectors = 2;                // processed at a time, so that their latencies overlap
constexpr int64_t kLanes = kWidth * kVectors;  // pixels per row
constexpr int64_t kRows = 32;  // at most this many pixel rows share one logarithm of their sums

// The pixels processed at a time.
struct alignas(64) Lanes {
  Vector part[kVectors];
};

// 2^x for x <= 0, relative error below 3e-7: a polynomial for the fractional part of x; the integer part is
// added to the exponent bits.
[[gnu::always_inline]] inline Vector power_of_two(Vector x) {
  constexpr float kRounding =
      12582912.0f;  // 1.5 * 2^23: adding it rounds, and leaves the integer in the low bits
  x = x > -125.0f ? x : Vector{} - 125.0f;
  const Vector shifted = x + kRounding;
  const Vector r = x - (shifted - kRounding);
  Vector p = r * 0.0013276471f + 0.009675541f;
  p = p * r + 0.05550713f;
  p = p * r + 0.2402212f;
  p = p * r + 0.69314694f;
  p = p * r + 1.0000001f;
  return std::bit_cast<Vector>(std::bit_cast<Integers>(p) + (std::bit_cast<Integers>(shifted) << 23));
}

// Columns between two rows of logits: [classes] each; lanes outside the image are zero.
struct Block {
  Lanes *above, *step;  // the upper row, and the lower one minus it, as powers of two
  Lanes *above_gradient, *below_gradient;
  Lanes* exponentials;
  int64_t classes, lanes;
};

// Copies the values of a block's columns; a full block (all but the last) needs no loop.
template <typename Value>
[[gnu::always_inline]] inline void copy_lanes(Value* to, const Value* from, int64_t lanes) {
  if (lanes == kLanes) {
    std::memcpy(to, from, kLanes * sizeof(Value));
  } else {
    std::copy_n(from, lanes, to);
  }
}

// 1 where a pixel of a row has a label, 0 elsewhere and outside the image; returns whether any has one.
[[gnu::always_inline]] inline bool read_valid(const uint8_t* labels, const Block& block, Lanes& valid) {
  uint8_t row[kLanes] = {};
  copy_lanes(row, labels, block.lanes);
  float values[kLanes];
  int32_t count = 0;
  for (int64_t x = 0; x < kLanes; ++x) {
    const int32_t is_valid = (row[x] < block.classes) & (x < block.lanes);
    values[x] = static_cast<float>(is_valid);
    count += is_valid;
  }
  std::memcpy(&valid, values, sizeof valid);
  return count > 0;
}

// Processes pixel rows [0, rows) of a block, which lie between its two rows of logits; `weights` are those of
// the lower row.
[[gnu::always_inline]] inline double block_partition(const Block& block, const uint8_t* labels,
                                                     int64_t stride, const float* weights, int64_t rows) {
  Lanes valid{};
  Vector summed_highest[kVectors] = {};
  double product[kLanes];  // of the sums of exponentials: one logarithm for all rows
  std::fill_n(product, kLanes, 1.0);
  for (int64_t y = 0; y < rows; ++y, labels += stride) {
    if (!read_valid(labels, block, valid)) continue;
    const float weight = weights[y];
    Vector highest[kVectors], sum[kVectors] = {}, to_above[kVectors], to_below[kVectors];
    for (Vector& value : highest) value = Vector{} - std::numeric_limits<float>::infinity();
    for (int64_t k = 0; k < block.classes; ++k) {
      for (int64_t i = 0; i < kVectors; ++i) {
        const Vector value = block.above[k].part[i] + block.step[k].part[i] * weight;
        block.exponentials[k].part[i] = value;
        highest[i] = highest[i] > value ? highest[i] : value;
      }
    }
    for (int64_t k = 0; k < block.classes; ++k) {
      for (int64_t i = 0; i < kVectors; ++i) {
        const Vector value = power_of_two(block.exponentials[k].part[i] - highest[i]);
        block.exponentials[k].part[i] = value;
        sum[i] += value;
      }
    }
    for (int64_t i = 0; i < kVectors; ++i) {
      summed_highest[i] += valid.part[i] * highest[i];
      to_above[i] = valid.part[i] / sum[i] * (1 - weight);
      to_below[i] = valid.part[i] / sum[i] * weight;
      const Vector factor = valid.part[i] > 0.0f ? sum[i] : Vector{} + 1.0f;
      for (int64_t x = 0; x < kWidth; ++x) product[i * kWidth + x] *= factor[x];
    }
    for (int64_t k = 0; k < block.classes; ++k) {
      for (int64_t i = 0; i < kVectors; ++i) {
        block.above_gradient[k].part[i] += block.exponentials[k].part[i] * to_above[i];
        block.below_gradient[k].part[i] += block.exponentials[k].part[i] * to_below[i];
      }
    }
  }
  double total = 0;
  for (int64_t x = 0; x < kLanes; ++x)
    total += summed_highest[x / kWidth][x % kWidth] + std::log2(product[x]);
  return total * std::numbers::ln2;
}

// The number of pixel rows, starting at `begin`, between the same two rows of logits.
int64_t rows_alike(const BilinearAxis& rows, int64_t begin) {
  const auto height = static_cast<int64_t>(rows.first.size());
  int64_t end = begin + 1;
  while (end < height && end < begin + kRows && rows.first[end] == rows.first[begin]) ++end;
  return end - begin;
}

// Copies the columns of a block from the image's logits.
[[gnu::always_inline]] inline void load(const Block& block, const float* above, const float* below,
                                        int64_t width) {
  for (int64_t k = 0; k < block.classes; ++k, above += width, below += width) {
    Lanes upper{}, lower{};
    copy_lanes(reinterpret_cast<float*>(&upper), above, block.lanes);
    copy_lanes(reinterpret_cast<float*>(&lower), below, block.lanes);
    for (int64_t i = 0; i < kVectors; ++i) {
      upper.part[i] *= kLog2E;
      block.step[k].part[i] = lower.part[i] * kLog2E - upper.part[i];
    }
    block.above[k] = upper;
    block.above_gradient[k] = block.below_gradient[k] = {};
  }
}

// Adds a block's gradient to one of its two rows of logits.
[[gnu::always_inline]] inline void add(const Lanes* gradient, const Block& block, float* row, int64_t width) {
  for (int64_t k = 0; k < block.classes; ++k, row += width) {
    Lanes sum{};
    copy_lanes(reinterpret_cast<float*>(&sum), row, block.lanes);
    for (int64_t i = 0; i < kVectors; ++i) sum.part[i] += gradient[k].part[i];
    copy_lanes(row, reinterpret_cast<const float*>(&sum), block.lanes);
  }
}

[[gnu::always_inline]] inline double partition_image(const ProbeImage& image, const BilinearAxis& rows) {
  const int64_t size = image.classes, row = image.classes * image.width;
  const auto height = static_cast<int64_t>(rows.first.size());
  std::vector<Lanes> memory(5 * size);
  double total = 0;
  for (int64_t x = 0; x < image.width; x += kLanes) {
    Lanes* start = memory.data();
    const Block block{start,
                      start + size,
                      start + 2 * size,
                      start + 3 * size,
                      start + 4 * size,
                      image.classes,
                      std::min(kLanes, image.width - x)};
    for (int64_t y = 0, count = 0; y < height; y += count) {
      count = rows_alike(rows, y);
      const int64_t above = rows.first[y] * row + x, below = rows.second[y] * row + x;
      load(block, image.logits + above, image.logits + below, image.width);
      total += block_partition(block, image.labels + y * image.width + x, image.width, rows.weight.data() + y,
                               count);
      add(block.above_gradient, block, image.gradient + above, image.width);
      add(block.below_gradient, block, image.gradient + below, image.width);
    }
  }
  return total;
}

}  // namespace

double log_partition(const ProbeImage& image, const BilinearAxis& rows) {
  return dispatch<partition_image>(image, rows);
}

}  // namespace stego
