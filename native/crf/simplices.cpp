#include "crf/simplices.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/dispatch.h"
#include "core/error.h"

#define STEGO_INLINE __attribute__((always_inline)) inline

namespace stego::crf {

namespace {

constexpr int kLanes = 16;
typedef float Lanes __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(64)));
typedef int16_t Shorts __attribute__((vector_size(32)));

// Rounds to the nearest integer, half to even, for magnitudes below 2^22.
STEGO_INLINE Lanes round_lanes(const Lanes& x) {
  return (x + 12582912.0f) - 12582912.0f;
}

// Sixteen points.
template <int dims>
STEGO_INLINE void find_block(const Features& features, const ElevationConstants& constants, int64_t first,
                             Simplices& simplices) {
  constexpr int n = dims + 1;
  Lanes elevated[n], sum = {};
  for (int j = dims; j > 0; --j) {
    Lanes feature;
    std::memcpy(&feature, features.row(j - 1) + first, sizeof feature);
    const Lanes scaled = feature * constants.scale[j - 1];
    elevated[j] = sum - static_cast<float>(j) * scaled;
    sum = sum + scaled;
  }
  elevated[0] = sum;

  Lanes cell[n], distance[n], total = {};
  for (int i = 0; i < n; ++i) {
    cell[i] = round_lanes(constants.inverse * elevated[i]);
    distance[i] = elevated[i] - cell[i] * static_cast<float>(n);
    total += cell[i];
  }
  const Ints shift = __builtin_convertvector(total, Ints);
  Ints rank[n] = {};
  for (int i = 0; i < n; ++i) {
    for (int j = i + 1; j < n; ++j) {
      const Ints less = distance[i] < distance[j];  // -1 where true
      rank[i] -= less;
      rank[j] += 1 + less;
    }
  }
  Ints code = {};
  Lanes offset[n], by_rank[n] = {};
  for (int i = 0; i < n; ++i) {
    rank[i] += shift;
    const Ints up = rank[i] < 0, down = rank[i] >= n;
    rank[i] += (up & n) - (down & n);
    cell[i] += __builtin_convertvector(down - up, Lanes);
    offset[i] = (elevated[i] - cell[i] * static_cast<float>(n)) * constants.inverse;
    for (int k = 0; k < n; ++k) {
      const Ints here = rank[i] == k;
      by_rank[k] += (Lanes)((Ints)offset[i] & here);
    }
    code |= rank[i] << (3 * i);
  }
  Lanes weight[n];
  weight[0] = by_rank[dims] + (1.0f - by_rank[0]);
  for (int q = 1; q < n; ++q) weight[q] = by_rank[dims - q] - by_rank[n - q];

  for (int i = 0; i < dims; ++i) {
    const Shorts cells = __builtin_convertvector(__builtin_convertvector(cell[i], Ints), Shorts);
    std::memcpy(simplices.cells.data() + i * simplices.stride + first, &cells, sizeof cells);
  }
  const int count = static_cast<int>(std::min<int64_t>(kLanes, simplices.points - first));
  for (int lane = 0; lane < count; ++lane) {
    simplices.ranks[first + lane] = static_cast<uint32_t>(code[lane]);
    float* weights = simplices.weights.data() + (first + lane) * n;
    for (int q = 0; q < n; ++q) weights[q] = weight[q][lane];
  }
}

// Blocks of sixteen points. Without contraction (CMakeLists.txt), all instruction sets give the same bits.
STEGO_INLINE void find_blocks(const Features& features, const ElevationConstants& constants, int64_t begin,
                              int64_t end, Simplices& simplices) {
  for (int64_t block = begin; block < end; ++block) {
    const int64_t first = block * kLanes;
    switch (features.dims) {
      case 1:
        find_block<1>(features, constants, first, simplices);
        break;
      case 2:
        find_block<2>(features, constants, first, simplices);
        break;
      case 3:
        find_block<3>(features, constants, first, simplices);
        break;
      case 4:
        find_block<4>(features, constants, first, simplices);
        break;
      case 5:
        find_block<5>(features, constants, first, simplices);
        break;
      case 6:
        find_block<6>(features, constants, first, simplices);
        break;
      default:
        find_block<7>(features, constants, first, simplices);
    }
  }
}

}  // namespace

Features::Features(int dims, int64_t points)
    : dims(dims),
      points(points),
      stride((points + kLanes - 1) / kLanes * kLanes),
      values(static_cast<int64_t>(dims) * stride) {
  for (int i = 0; i < dims; ++i) std::fill(row(i) + points, row(i) + stride, 0.0f);
}

Simplices find_simplices(const Features& features) {
  const int dims = features.dims;
  require(dims >= 1 && dims <= kMaxDims, "Expected between 1 and ", kMaxDims, " feature dimensions, got ",
          dims, ".");
  const int64_t points = (features.points + 3) / 4 * 4;
  Simplices result{dims,
                   points,
                   features.stride,
                   Buffer<int16_t>(dims * features.stride),
                   Buffer<uint32_t>(points),
                   Buffer<float>(points * (dims + 1))};
  const ElevationConstants constants(dims);
  at::parallel_for(0, (points + kLanes - 1) / kLanes, 256, [&](int64_t begin, int64_t end) {
    dispatch<find_blocks>(features, constants, begin, end, result);
  });
  return result;
}

double key_bound(const double* largest, int dims) {
  double scaled[kMaxDims], tail = 0, bound = 0;
  for (int i = 0; i < dims; ++i) {
    scaled[i] = largest[i] * std::sqrt(2.0 / 3.0) * (dims + 1) / std::sqrt((i + 1.0) * (i + 2.0));
  }
  for (int j = dims; j > 0; --j) {
    bound = std::max({bound, j * scaled[j - 1], tail});
    tail += scaled[j - 1];
  }
  return std::max(bound, tail) + dims + 1;
}

}  // namespace stego::crf
