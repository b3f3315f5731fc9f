#pragma once
#include <cstdint>

namespace stego {

// Points of one map [places, channels]: point p blends the rows `places[p, 0..3]` with `weights[p, 0..3]`.
template <typename Value>
struct SampleRows {
  const int64_t* places;
  const Value* weights;
  int64_t points, channels;
};

// samples[p, :] = sum_i weights[p, i] * map[places[p, i], :], times `mask` [channels] if there is one.
void blend(const SampleRows<float>& rows, const float* map, const float* mask, float* samples);
void blend(const SampleRows<double>& rows, const double* map, const double* mask, double* samples);

// The transpose: adds samples [points, channels] to the map rows they were read from.
void spread(const SampleRows<float>& rows, const float* samples, float* map);
void spread(const SampleRows<double>& rows, const double* samples, double* map);

// Scales rows [count, channels] to unit length, x / max(|x|, 1e-10), in place; `norms` [count] receives the
// divisors.
void normalize_rows(float* rows, float* norms, int64_t count, int64_t channels);
void normalize_rows(double* rows, double* norms, int64_t count, int64_t channels);

// Converts the gradient of unit rows to that of the original rows, in place.
void normalize_rows_backward(float* gradient, const float* units, const float* norms, int64_t count,
                             int64_t channels);
void normalize_rows_backward(double* gradient, const double* units, const double* norms, int64_t count,
                             int64_t channels);

}  // namespace stego
