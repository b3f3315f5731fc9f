#pragma once
#include <cstdint>

#include "core/instructions.h"

// The inner loops of a vision transformer's blocks on the CPU, in float32. Each row is computed the same way
// no matter where a range of rows begins, so results do not depend on the batch or on how work is divided.
namespace stego::vit {

// Rows of floats, `stride` apart.
template <typename Pointer>
struct Rows {
  Pointer data;
  int64_t stride;
};

// Kernels take rows in multiples of this; buffers are padded to it.
constexpr int64_t kRowStep = 24;
// The most queries per call; their data fits a core's second-level cache.
constexpr int64_t kRowBlock = 48;

enum class Finish {
  store,  // output = product
  gelu,   // output = gelu(product), in its exact form
  add,    // output += product
};

// product[r, n] = sum over k of input[r, k] * weight[n, k], + bias[n].
struct ProductTask {
  Rows<const float*> input;  // [rows, depth]
  int64_t depth;
  const float* panels;  // the weight as [columns / Kernels::columns, depth, Kernels::columns]
  const float* bias;    // [columns]
  int64_t columns;      // a multiple of Kernels::columns
  Rows<float*> output;  // [rows, columns]
  Finish finish;
};

// output[r] = (input[r] - mean) / sqrt(variance + 1e-6) * weight + bias, over the channels of the row.
struct NormTask {
  Rows<const float*> input;
  int64_t channels;
  const float* weight;
  const float* bias;
  Rows<float*> output;
};

// output[r] = sum over keys t of softmax(queries[r] . keys[t] / sqrt(width)) * values[t]. Scores exist for
// only `kRowBlock` queries and a few hundred keys at a time.
struct AttentionTask {
  Rows<const float*> queries;  // [rows, width]
  const float* keys;           // [ceil(count / Kernels::keys), width, Kernels::keys], zeros in padding
  const float* values;         // [ceil(width / Kernels::keys), count, Kernels::keys]
  int64_t count, width;
  Rows<float*> output;  // [rows, width]
  float* scratch;       // Kernels::attention_scratch(width) floats
};

struct Kernels {
  int64_t columns;  // in a panel of weights
  int64_t keys;     // in a panel of keys, and channels in a panel of values
  void (*product)(const ProductTask&, int64_t rows);
  void (*norm)(const NormTask&, int64_t rows);
  void (*attention)(const AttentionTask&, int64_t rows);

  int64_t attention_scratch(int64_t width) const;
};

inline int64_t round_up(int64_t count, int64_t step) {
  return (count + step - 1) / step * step;
}

// The most keys whose scores exist at a time.
constexpr int64_t kKeyBlock = 512;
// Gap between rows of a scratch buffer, so that power-of-two rows do not map to the same cache lines.
constexpr int64_t kRowGap = 16;

inline int64_t Kernels::attention_scratch(int64_t width) const {
  return kRowBlock * (round_up(kKeyBlock, keys) + round_up(width, keys) + 2 * kRowGap + 2);
}

// Throws ERR_STEGO_ARGUMENT if this machine lacks the instructions.
const Kernels& choose_kernels(Instructions instructions);

}  // namespace stego::vit
