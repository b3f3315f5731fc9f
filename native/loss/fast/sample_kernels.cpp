#include "loss/fast/sample_kernels.h"

#include <algorithm>
#include <cmath>

#include "core/dispatch.h"

namespace stego {

namespace {

constexpr double kSmallestNorm = 1e-10;  // F.normalize's eps in the official loss
constexpr int64_t kNeighbors = 4;

template <typename Value>
[[gnu::always_inline]] inline void blend_rows(const SampleRows<Value>& rows, const Value* map,
                                              const Value* mask, Value* samples) {
  const int64_t channels = rows.channels;
  for (int64_t p = 0; p < rows.points; ++p) {
    const int64_t* place = rows.places + p * kNeighbors;
    const Value* weight = rows.weights + p * kNeighbors;
    const Value* a = map + place[0] * channels;
    const Value* b = map + place[1] * channels;
    const Value* c = map + place[2] * channels;
    const Value* d = map + place[3] * channels;
    Value* __restrict target = samples + p * channels;
    const auto blended = [&](int64_t k) {
      return a[k] * weight[0] + b[k] * weight[1] + c[k] * weight[2] + d[k] * weight[3];
    };
    if (mask) {
      for (int64_t k = 0; k < channels; ++k) target[k] = blended(k) * mask[k];
    } else {
      for (int64_t k = 0; k < channels; ++k) target[k] = blended(k);
    }
  }
}

template <typename Value>
[[gnu::always_inline]] inline void spread_rows(const SampleRows<Value>& rows, const Value* samples,
                                               Value* map) {
  const int64_t channels = rows.channels;
  for (int64_t p = 0; p < rows.points; ++p) {
    const Value* source = samples + p * channels;
    for (int64_t i = p * kNeighbors; i < (p + 1) * kNeighbors; ++i) {
      const Value weight = rows.weights[i];
      Value* __restrict target = map + rows.places[i] * channels;
      for (int64_t k = 0; k < channels; ++k) target[k] += weight * source[k];
    }
  }
}

template <typename Value>
[[gnu::always_inline]] inline Value dot(const Value* a, const Value* b, int64_t count) {
  Value sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t k = 0; k < count; ++k) sum += a[k] * b[k];
  return sum;
}

template <typename Value>
[[gnu::always_inline]] inline void normalize(Value* rows, Value* norms, int64_t count, int64_t channels) {
  for (int64_t p = 0; p < count; ++p) {
    Value* row = rows + p * channels;
    const Value norm = std::max(std::sqrt(dot(row, row, channels)), static_cast<Value>(kSmallestNorm));
    const Value inverse = 1 / norm;
    for (int64_t k = 0; k < channels; ++k) row[k] *= inverse;
    norms[p] = norm;
  }
}

template <typename Value>
[[gnu::always_inline]] inline void normalize_backward(Value* gradient, const Value* units, const Value* norms,
                                                      int64_t count, int64_t channels) {
  for (int64_t p = 0; p < count; ++p) {
    Value* __restrict row = gradient + p * channels;
    const Value* unit = units + p * channels;
    // A norm that was raised to the minimum does not depend on the row.
    const Value along = norms[p] > static_cast<Value>(kSmallestNorm) ? dot(row, unit, channels) : 0;
    const Value inverse = 1 / norms[p];
    for (int64_t k = 0; k < channels; ++k) row[k] = (row[k] - along * unit[k]) * inverse;
  }
}

}  // namespace

void blend(const SampleRows<float>& rows, const float* map, const float* mask, float* samples) {
  dispatch<blend_rows<float>>(rows, map, mask, samples);
}

void blend(const SampleRows<double>& rows, const double* map, const double* mask, double* samples) {
  dispatch<blend_rows<double>>(rows, map, mask, samples);
}

void spread(const SampleRows<float>& rows, const float* samples, float* map) {
  dispatch<spread_rows<float>>(rows, samples, map);
}

void spread(const SampleRows<double>& rows, const double* samples, double* map) {
  dispatch<spread_rows<double>>(rows, samples, map);
}

void normalize_rows(float* rows, float* norms, int64_t count, int64_t channels) {
  dispatch<normalize<float>>(rows, norms, count, channels);
}

void normalize_rows(double* rows, double* norms, int64_t count, int64_t channels) {
  dispatch<normalize<double>>(rows, norms, count, channels);
}

void normalize_rows_backward(float* gradient, const float* units, const float* norms, int64_t count,
                             int64_t channels) {
  dispatch<normalize_backward<float>>(gradient, units, norms, count, channels);
}

void normalize_rows_backward(double* gradient, const double* units, const double* norms, int64_t count,
                             int64_t channels) {
  dispatch<normalize_backward<double>>(gradient, units, norms, count, channels);
}

}  // namespace stego
