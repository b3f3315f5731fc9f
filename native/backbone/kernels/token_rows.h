#pragma once
#include <cmath>
#include <cstdint>

#include "kernels/brain_float.h"

namespace stego {

// Adds a change to a token's residual and normalizes the sum (LayerNorm); index = token. Values
// are float or BrainFloat.
template <typename Change, typename Result>
struct AddAndNormalize {
  const Change* change;        // [tokens, channels]; null: none
  float* residual;             // [tokens, channels]
  const float *weight, *bias;  // [channels]
  int64_t channels;
  float epsilon;
  Result* normalized;  // [tokens, channels]

  template <typename Team>
  STEGO_HOST_DEVICE void operator()(const Team& team, int64_t token) const {
    float* row = residual + token * channels;
    Result* result = normalized + token * channels;
    if (change) {
      const Change* own = change + token * channels;
      team.each(channels, [&](int64_t c) { row[c] += to_float(own[c]); });
    }
    const auto count = static_cast<float>(channels);
    const float mean = team.sum(channels, [&](int64_t c) { return row[c]; }) / count;
    const float variance = team.sum(channels, [&](int64_t c) { return (row[c] - mean) * (row[c] - mean); });
    const float scale = 1.0f / sqrtf(variance / count + epsilon);
    team.each(channels, [&](int64_t c) { assign(result[c], (row[c] - mean) * scale * weight[c] + bias[c]); });
  }
};

// Adds a bias and applies the exact GELU, in place; index = token * channels + channel.
template <typename Value>
struct AddBiasAndGelu {
  Value* values;      // [tokens, channels]
  const Value* bias;  // [channels]
  int64_t channels;

  STEGO_HOST_DEVICE void operator()(int64_t i) const {
    const float x = to_float(values[i]) + to_float(bias[i % channels]);
    assign(values[i], 0.5f * x * (1.0f + erff(x * 0.70710678f)));
  }
};

}  // namespace stego
