#pragma once
#include <cstdint>

#include "core/instructions.h"
#include "crf/problem.h"

namespace stego::crf {

// Channels of a row in memory for this many labels: within one cache line, or whole lines.
inline int64_t padded_channels(int64_t labels) {
  if (labels <= 4) return 4;
  if (labels <= 8) return 8;
  return (labels + 15) / 16 * 16;
}

constexpr int64_t kMaxChannels = 256;  // per row, padded

// A range of channels in rows: `channels` of them starting at `data`, rows `stride` apart.
template <typename Pointer>
struct Columns {
  Pointer data;
  int64_t stride, channels;
};

// start[p] = minus the energies of each pixel's labels, minus infinity in padding.
struct StartTask {
  ScoreKind kind;
  const float* scores;  // [labels, pixels]
  int64_t labels, pixels;
  Columns<float*> start;
};

// values[v] = sum over the points of vertex v, in order, of weight * rows[point].
struct SplatTask {
  const int32_t* start;
  const int32_t* point;
  const float* weight;
  Columns<const float*> rows;
  float* values;  // stride and channels of the rows
};

// new[v] = old[v] + (old[next] + old[previous]) / 2 along lines, in place.
struct BlurTask {
  const uint32_t* vertices;
  Columns<float*> values;
};

// One kernel's share of an update.
struct SliceSource {
  int corners;
  const int32_t* vertex;
  const float* weight;
  const float* values;  // stride and channels of the rows
  const float*
      factor;  // [channels]: energy of a label, for each unit filtered of the same label; or null, and
  const float* matrix;  // [channels, channels]: row m holds the energies of all labels for a unit of label m
};

// probabilities = softmax(start - energies of all sources).
struct UpdateTask {
  const SliceSource* sources;
  int count;
  Columns<const float*> start;  // minus infinity where a channel is padding
  float* probabilities;         // stride and channels of the start
};

// The loops, over points, vertices, positions in lines, and points. Each row is computed the same way no
// matter where a range begins, so results do not depend on how work is divided.
struct Kernels {
  void (*start)(const StartTask&, int64_t begin, int64_t end);
  void (*splat)(const SplatTask&, int64_t begin, int64_t end);
  void (*blur)(const BlurTask&, int64_t begin, int64_t end);
  void (*update)(const UpdateTask&, int64_t begin, int64_t end);
};

// Throws ERR_STEGO_ARGUMENT if this machine lacks the instructions.
const Kernels& choose_kernels(Instructions instructions);

}  // namespace stego::crf
