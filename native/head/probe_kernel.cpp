#include "head/probe_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/multiversion.h"

namespace stego {

namespace {

constexpr int64_t kLanes = 32;       // pixels of a row worked on at a time
constexpr int64_t kRowsAtOnce = 32;  // rows whose sums of exponentials are multiplied before their logarithm

// exp for x <= 0, relative error below 2e-7; plain arithmetic, so that the compiler vectorises its callers.
[[gnu::always_inline]] inline float fast_exp(float x) {
  x = std::max(x, -87.0f);
  const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;  // rounded to the nearest integer
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
}

// A block of columns between two rows of logits: [classes, kLanes] each, lanes beyond the image are zero.
struct Block {
  float *above, *step;  // the upper row, and the lower one minus it
  float *above_gradient, *below_gradient;
  float* exponentials;
  int64_t classes, lanes;
};

// Adds the loss of rows [begin, end) of pixels, which lie between the block's rows with the weights of the
// lower one, and its gradient. The labels begin at row `begin` and are `stride` apart.
STEGO_MULTIVERSION
ProbeSums block_loss(const Block& block, const uint8_t* labels, int64_t stride, const float* weights,
                     int64_t rows) {
  float highest[kLanes], sum[kLanes], valid[kLanes], to_above[kLanes], to_below[kLanes];
  double product[kLanes];  // of the sums of exponentials: one logarithm for all rows
  for (double& value : product) value = 1;
  ProbeSums sums{0, 0};
  for (int64_t y = 0; y < rows; ++y, labels += stride) {
    int64_t labelled = 0;
    for (int64_t x = 0; x < kLanes; ++x) {
      const bool is_valid = x < block.lanes && labels[x] < block.classes;
      valid[x] = is_valid ? 1.0f : 0.0f;
      labelled += is_valid;
    }
    if (labelled == 0) continue;
    sums.valid += labelled;
    const float weight = weights[y];
    for (int64_t x = 0; x < kLanes; ++x) {
      highest[x] = -std::numeric_limits<float>::infinity();
      sum[x] = 0;
    }
    for (int64_t k = 0; k < block.classes; ++k) {
      const float* __restrict above = block.above + k * kLanes;
      const float* __restrict step = block.step + k * kLanes;
      float* __restrict values = block.exponentials + k * kLanes;
      for (int64_t x = 0; x < kLanes; ++x) {
        values[x] = above[x] + step[x] * weight;
        highest[x] = highest[x] > values[x] ? highest[x] : values[x];
      }
    }
    for (int64_t x = 0; x < block.lanes; ++x) {
      if (labels[x] < block.classes) sums.loss += highest[x] - block.exponentials[labels[x] * kLanes + x];
    }
    for (int64_t k = 0; k < block.classes; ++k) {
      float* __restrict values = block.exponentials + k * kLanes;
      for (int64_t x = 0; x < kLanes; ++x) {
        values[x] = fast_exp(values[x] - highest[x]);
        sum[x] += values[x];
      }
    }
    for (int64_t x = 0; x < kLanes; ++x) {
      product[x] *= valid[x] > 0 ? sum[x] : 1.0f;
      const float inverse = valid[x] / sum[x];
      to_above[x] = inverse * (1 - weight);
      to_below[x] = inverse * weight;
    }
    for (int64_t k = 0; k < block.classes; ++k) {
      const float* __restrict values = block.exponentials + k * kLanes;
      float* __restrict above = block.above_gradient + k * kLanes;
      float* __restrict below = block.below_gradient + k * kLanes;
      for (int64_t x = 0; x < kLanes; ++x) {
        above[x] += values[x] * to_above[x];
        below[x] += values[x] * to_below[x];
      }
    }
    for (int64_t x = 0; x < block.lanes; ++x) {
      if (labels[x] >= block.classes) continue;
      block.above_gradient[labels[x] * kLanes + x] -= 1 - weight;
      block.below_gradient[labels[x] * kLanes + x] -= weight;
    }
  }
  for (const double value : product) sums.loss += std::log(value);
  return sums;
}

// Rows of pixels that lie between the same two rows of logits, from `begin` on.
int64_t rows_alike(const BilinearAxis& rows, int64_t begin) {
  const auto height = static_cast<int64_t>(rows.first.size());
  int64_t end = begin + 1;
  while (end < height && end < begin + kRowsAtOnce && rows.first[end] == rows.first[begin]) ++end;
  return end - begin;
}

}  // namespace

ProbeSums probe_loss(const ProbeImage& image, const BilinearAxis& rows) {
  const int64_t size = image.classes * kLanes, plane = image.height * image.width;
  std::vector<float> memory(5 * size);
  const auto part = [&](int64_t i) { return memory.data() + i * size; };
  ProbeSums sums{0, 0};
  for (int64_t y = 0, count = 0; y < static_cast<int64_t>(rows.first.size()); y += count) {
    count = rows_alike(rows, y);
    const int64_t above = rows.first[y] * image.width, below = rows.second[y] * image.width;
    for (int64_t x = 0; x < image.width; x += kLanes) {
      const Block block{
          part(0), part(1), part(2), part(3), part(4), image.classes, std::min(kLanes, image.width - x)};
      std::fill(memory.begin(), memory.end(), 0.0f);
      for (int64_t k = 0; k < image.classes; ++k) {
        const float* logits = image.logits + k * plane + x;
        for (int64_t lane = 0; lane < block.lanes; ++lane) {
          block.above[k * kLanes + lane] = logits[above + lane];
          block.step[k * kLanes + lane] = logits[below + lane] - logits[above + lane];
        }
      }
      const auto [loss, valid] =
          block_loss(block, image.labels + y * image.width + x, image.width, rows.weight.data() + y, count);
      sums.loss += loss;
      sums.valid += valid;
      for (int64_t k = 0; k < image.classes; ++k) {
        float* gradient = image.gradient + k * plane + x;
        for (int64_t lane = 0; lane < block.lanes; ++lane) {
          gradient[above + lane] += block.above_gradient[k * kLanes + lane];
          gradient[below + lane] += block.below_gradient[k * kLanes + lane];
        }
      }
    }
  }
  return sums;
}

}  // namespace stego
