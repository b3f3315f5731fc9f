#pragma once
#include <cmath>
#include <cstdint>

#include "kernels/host_device.h"

namespace stego {

// Where the destination indices of an axis are read from (imaging/upsample.h).
struct AxisPlaces {
  const int64_t *first, *second;  // [size]
  const float* weight;            // [size], of the second
  int64_t size, grid;
};

// Logits of some images on their grids, [images, classes, rows.grid, columns.grid], which are enlarged as
// they are read, and the labels of the enlarged pixels, uint8 [images, rows.size, columns.size].
struct EnlargedLogits {
  const float* values;
  const uint8_t* labels;
  AxisPlaces rows, columns;
  int64_t classes;

  STEGO_HOST_DEVICE bool labeled(int64_t image, int64_t y, int64_t x) const {
    return labels[(image * rows.size + y) * columns.size + x] < classes;
  }

  STEGO_HOST_DEVICE float at(int64_t image, int64_t k, int64_t y, int64_t x) const {
    const float* plane = values + (image * classes + k) * rows.grid * columns.grid;
    const float *above = plane + rows.first[y] * columns.grid, *below = plane + rows.second[y] * columns.grid;
    const int64_t left = columns.first[x], right = columns.second[x];
    const float upper = above[left] + (above[right] - above[left]) * columns.weight[x];
    const float lower = below[left] + (below[right] - below[left]) * columns.weight[x];
    return upper + (lower - upper) * rows.weight[y];
  }
};

// The log-partition of a pixel, log(sum over classes of exp(logit)), or 0 if it has no label; index = pixel
// of all images.
struct LogPartition {
  EnlargedLogits logits;
  float* partitions;  // [images, rows.size, columns.size]

  STEGO_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t x = i % logits.columns.size, y = i / logits.columns.size % logits.rows.size;
    const int64_t image = i / (logits.columns.size * logits.rows.size);
    partitions[i] = 0;
    if (!logits.labeled(image, y, x)) return;
    float highest = logits.at(image, 0, y, x), sum = 0;
    for (int64_t k = 1; k < logits.classes; ++k) highest = fmaxf(highest, logits.at(image, k, y, x));
    for (int64_t k = 0; k < logits.classes; ++k) sum += expf(logits.at(image, k, y, x) - highest);
    partitions[i] = highest + logf(sum);
  }
};

// The gradient of the summed log-partitions for logits enlarged only along columns: the probabilities of a
// row's labeled pixels, gathered by grid column; index = ((image * classes + k) * rows.size + y) *
// columns.grid + column.
struct PartitionGradient {
  EnlargedLogits logits;
  const float* partitions;
  const int64_t* begin;  // [columns.grid + 1]: pixels begin[j] to begin[j + 1] have columns.first[x] == j
  float* gradient;       // [images, classes, rows.size, columns.grid]

  STEGO_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t column = i % logits.columns.grid, y = i / logits.columns.grid % logits.rows.size;
    const int64_t plane = i / (logits.columns.grid * logits.rows.size);
    const int64_t image = plane / logits.classes, k = plane % logits.classes;
    float sum = 0;
    const int64_t from = begin[column > 0 ? column - 1 : 0];
    for (int64_t x = from; x < begin[column + 1]; ++x) {
      if (!logits.labeled(image, y, x)) continue;
      const float right = logits.columns.weight[x];
      float share = 0;
      if (logits.columns.first[x] == column) share += 1 - right;
      if (logits.columns.second[x] == column) share += right;
      const float partition = partitions[(image * logits.rows.size + y) * logits.columns.size + x];
      sum += share * expf(logits.at(image, k, y, x) - partition);
    }
    gradient[i] = sum;
  }
};

}  // namespace stego
