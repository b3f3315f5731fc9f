#pragma once
#include <cmath>
#include <cstdint>

#include "kernels/host_device.h"

namespace stego::crf {

template <typename Value>
struct Fill {
  Value* values;
  Value value;
  STEGO_HOST_DEVICE void operator()(int64_t i) const { values[i] = value; }
};

template <typename Value>
struct Copy {
  const Value* from;
  Value* to;
  STEGO_HOST_DEVICE void operator()(int64_t i) const { to[i] = from[i]; }
};

// Sums each vertex's rows, points ascending; index = vertex * channels + channel.
struct Splat {
  const int32_t* first;   // [vertices + 1]
  const uint32_t* slots;  // sorted
  const float* weights;   // [slots], by slot
  const float* rows;      // [points, channels]
  int64_t points;         // slots of later ones are padding
  int64_t corners, channels;
  float* values;  // [vertices, channels]

  STEGO_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t vertex = i / channels, channel = i % channels;
    float sum = 0;
    for (int32_t place = first[vertex]; place < first[vertex + 1]; ++place) {
      const int64_t point = slots[place] / corners;
      if (point < points) sum += weights[slots[place]] * rows[point * channels + channel];
    }
    values[i] = sum;
  }
};

// One axis of the blur, from one buffer to another; index = vertex * channels + channel.
struct Blur {
  const int32_t *before, *after;
  const float* from;
  int64_t channels;
  float* to;

  STEGO_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t vertex = i / channels, channel = i % channels;
    const float low = before[vertex] < 0 ? 0.0f : from[before[vertex] * channels + channel];
    const float high = after[vertex] < 0 ? 0.0f : from[after[vertex] * channels + channel];
    to[i] = from[i] + 0.5f * (low + high);
  }
};

// What the vertices' values are at a point; index = point * channels + channel.
struct Slice {
  const int32_t* vertex;  // [points, corners]
  const float* weights;
  const float* values;
  int64_t corners, channels;
  float* rows;

  STEGO_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t point = i / channels, channel = i % channels;
    float sum = 0;
    for (int64_t q = point * corners; q < (point + 1) * corners; ++q) {
      sum += weights[q] * values[vertex[q] * channels + channel];
    }
    rows[i] = sum;
  }
};

// Folds the lattice's constant and the number of neighbors into a point's weights.
struct NormalizeWeights {
  const float* counts;  // [points]; null: none
  bool root, before, after;
  float alpha;
  int64_t corners;
  float *splat, *slice;

  STEGO_HOST_DEVICE void operator()(int64_t p) const {
    float inverse = 1;
    if (counts) {
      const float count = alpha * counts[p] + 1e-20f;
      inverse = root ? 1.0f / sqrtf(count) : 1.0f / count;
    }
    for (int64_t q = p * corners; q < (p + 1) * corners; ++q) {
      slice[q] = splat[q] * alpha * (after ? inverse : 1.0f);
      splat[q] *= before ? inverse : 1.0f;
    }
  }
};

// Subtracts a term's energies from the scores: one factor per label, or a row of `matrix` for each unit of a
// label; index = point * labels + label.
struct SubtractEnergy {
  const float* filtered;  // [points, labels]
  const float *factors, *matrix;
  int64_t labels;
  float* scores;

  STEGO_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t label = i % labels;
    if (factors) {
      scores[i] -= factors[label] * filtered[i];
      return;
    }
    const float* units = filtered + (i - label);
    for (int64_t m = 0; m < labels; ++m) scores[i] -= units[m] * matrix[m * labels + label];
  }
};

// Minus the unaries of a point's labels: energies as they are; probabilities and logits clipped to [1e-5, 1].
struct StartScores {
  enum class Kind { energies, probabilities, logits };
  Kind kind;
  const float* given;  // [labels, points]
  int64_t labels, points;
  float* scores;  // [points, labels]

  STEGO_HOST_DEVICE void operator()(int64_t p) const {
    float* score = scores + p * labels;
    float highest = given[p], sum = 1;
    if (kind == Kind::logits) {
      for (int64_t l = 1; l < labels; ++l) highest = fmaxf(highest, given[l * points + p]);
      sum = 0;
      for (int64_t l = 0; l < labels; ++l) sum += expf(given[l * points + p] - highest);
    }
    for (int64_t l = 0; l < labels; ++l) {
      const float value = given[l * points + p];
      if (kind == Kind::energies) {
        score[l] = -value;
        continue;
      }
      const float probability = kind == Kind::logits ? expf(value - highest) / sum : value;
      score[l] = logf(fminf(fmaxf(probability, 1e-5f), 1.0f));
    }
  }
};

// Softmax of a point's scores.
struct Softmax {
  const float* scores;  // [points, labels]
  int64_t labels;
  float* probabilities;

  STEGO_HOST_DEVICE void operator()(int64_t p) const {
    const float* score = scores + p * labels;
    float* result = probabilities + p * labels;
    float highest = score[0], sum = 0;
    for (int64_t l = 1; l < labels; ++l) highest = score[l] > highest ? score[l] : highest;
    for (int64_t l = 0; l < labels; ++l) sum += result[l] = expf(score[l] - highest);
    for (int64_t l = 0; l < labels; ++l) result[l] /= sum;
  }
};

}  // namespace stego::crf
