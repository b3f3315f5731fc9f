#pragma once
#include <cstdint>

#include "crf/elevation.h"
#include "kernels/host_device.h"

namespace stego::crf {

// Steps 2 to 7 of docs/dense-crf-algorithm.md for point `p`: its simplex's cells [dims, points], ranks (rank
// i in bits 3i to 3i + 2) and barycentric weights [points, dims + 1]. Computes what find_simplices() does, to
// the bit. Points from `given` on are the reference's padding: at the origin, and of weight 0.
template <int dims>
struct FindSimplex {
  static constexpr int n = dims + 1;
  const float* features;  // [dims, stride]
  int64_t stride, given, points;
  ElevationConstants constants;
  int16_t* cells;
  uint32_t* ranks;
  float* weights;

  STEGO_HOST_DEVICE static float round(float x) {  // half to even, for magnitudes below 2^22
    return rounded_sum(rounded_sum(x, 12582912.0f), -12582912.0f);
  }

  STEGO_HOST_DEVICE void operator()(int64_t p) const {
    float elevated[n], sum = 0;
    for (int j = dims; j > 0; --j) {
      const float feature = p < given ? features[(j - 1) * stride + p] : 0.0f;
      const float scaled = rounded_product(feature, constants.scale[j - 1]);
      elevated[j] = rounded_sum(sum, -rounded_product(static_cast<float>(j), scaled));
      sum = rounded_sum(sum, scaled);
    }
    elevated[0] = sum;
    float cell[n], distance[n];
    int shift = 0, rank[n];
    for (int i = 0; i < n; ++i) {
      cell[i] = round(rounded_product(constants.inverse, elevated[i]));
      distance[i] = rounded_sum(elevated[i], -rounded_product(cell[i], static_cast<float>(n)));
      shift += static_cast<int>(cell[i]);
      rank[i] = 0;
    }
    for (int i = 0; i < n; ++i) {
      for (int j = i + 1; j < n; ++j) {
        if (distance[i] < distance[j]) {
          ++rank[i];
        } else {
          ++rank[j];
        }
      }
    }
    float by_rank[n];
    uint32_t code = 0;
    for (int i = 0; i < n; ++i) {
      rank[i] += shift;
      if (rank[i] < 0) {
        rank[i] += n;
        cell[i] += 1;
      } else if (rank[i] >= n) {
        rank[i] -= n;
        cell[i] -= 1;
      }
      by_rank[rank[i]] = rounded_product(
          rounded_sum(elevated[i], -rounded_product(cell[i], static_cast<float>(n))), constants.inverse);
      code |= static_cast<uint32_t>(rank[i]) << (3 * i);
    }
    for (int i = 0; i < dims; ++i) cells[i * points + p] = static_cast<int16_t>(cell[i]);
    ranks[p] = code;
    float* weight = weights + p * n;
    weight[0] = rounded_sum(by_rank[dims], rounded_sum(1.0f, -by_rank[0]));
    for (int q = 1; q < n; ++q) weight[q] = rounded_sum(by_rank[dims - q], -by_rank[n - q]);
    for (int q = 0; q < n && p >= given; ++q) weight[q] = 0;
  }
};

}  // namespace stego::crf
