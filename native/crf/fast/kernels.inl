// The loops of kernels.h, included once per instruction set, each time in its own namespace. Vectors are
// compiler vectors, which the compiler splits if registers are narrower. Do not call the standard library
// here: its instantiations would be shared with code for older machines.

template <int lanes>
struct LanesOf {
  typedef float Floats __attribute__((vector_size(lanes * 4), may_alias));
  typedef int32_t Ints __attribute__((vector_size(lanes * 4), may_alias));
};

#define STEGO_INLINE __attribute__((always_inline)) inline

// A row of `lanes * blocks` channels; if blocks is 0, their number is only known at run time.
constexpr int kMostBlocks = static_cast<int>(kMaxChannels / 16);

template <int lanes, int blocks>
struct Row {
  using Floats = typename LanesOf<lanes>::Floats;
  static constexpr int kBlocks = blocks > 0 ? blocks : kMostBlocks;
  static STEGO_INLINE int count(int64_t channels) {
    return blocks > 0 ? blocks : static_cast<int>(channels / lanes);
  }
};

// Prefetches a row; the hardware cannot predict the order of rows.
template <int lanes, int blocks, bool writes = false>
STEGO_INLINE void prefetch(const float* row) {
  for (int b = 0; b < (blocks > 0 ? blocks : 1); ++b) __builtin_prefetch(row + b * lanes, writes);
}

template <int lanes, int blocks>
STEGO_INLINE void splat_rows(const SplatTask& task, int64_t begin, int64_t end) {
  using Shape = Row<lanes, blocks>;
  using Floats = typename Shape::Floats;
  const int count = Shape::count(task.rows.channels);
  const int64_t stride = task.rows.stride;
  for (int64_t v = begin; v < end; ++v) {
    Floats sum[Shape::kBlocks];
    for (int b = 0; b < count; ++b) sum[b] = Floats{};
    for (int32_t entry = task.start[v]; entry < task.start[v + 1]; ++entry) {
      prefetch<lanes, blocks>(task.rows.data + task.point[entry + 24] * stride);
      const Floats* row = reinterpret_cast<const Floats*>(task.rows.data + task.point[entry] * stride);
      for (int b = 0; b < count; ++b) sum[b] += task.weight[entry] * row[b];
    }
    Floats* value = reinterpret_cast<Floats*>(task.values + v * stride);
    for (int b = 0; b < count; ++b) value[b] = sum[b];
  }
}

template <int lanes, int blocks>
STEGO_INLINE void blur_rows(const BlurTask& task, int64_t begin, int64_t end) {
  using Shape = Row<lanes, blocks>;
  using Floats = typename Shape::Floats;
  constexpr uint32_t last = 0x80000000u;
  const int count = Shape::count(task.values.channels);
  const int64_t stride = task.values.stride;
  const auto at = [&](uint32_t vertex) __attribute__((always_inline)) {
    return reinterpret_cast<Floats*>(task.values.data + static_cast<int64_t>(vertex & ~last) * stride);
  };
  int64_t place = begin;
  while (place < end) {
    Floats before[Shape::kBlocks], here[Shape::kBlocks];
    Floats* row = at(task.vertices[place]);
    for (int b = 0; b < count; ++b) {
      before[b] = Floats{};
      here[b] = row[b];
    }
    while (!(task.vertices[place] & last)) {
      prefetch<lanes, blocks, true>(reinterpret_cast<const float*>(at(task.vertices[place + 12])));
      Floats* next = at(task.vertices[++place]);
      for (int b = 0; b < count; ++b) {
        const Floats after = next[b];
        row[b] = here[b] + 0.5f * (before[b] + after);
        before[b] = here[b];
        here[b] = after;
      }
      row = next;
    }
    for (int b = 0; b < count; ++b) row[b] = here[b] + 0.5f * before[b];
    ++place;
  }
}

// exp for x <= 0, relative error below 2e-7; 0 below -87.
template <int lanes>
STEGO_INLINE typename LanesOf<lanes>::Floats exponential(typename LanesOf<lanes>::Floats x) {
  using Floats = typename LanesOf<lanes>::Floats;
  using Ints = typename LanesOf<lanes>::Ints;
  const Ints tiny = x < -87.0f;
  x = tiny ? Floats{} - 87.0f : x;
  const Floats n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;  // rounded to the nearest integer
  const Floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Floats p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + (r + 1.0f);
  const Ints power = (__builtin_convertvector(n, Ints) + 127) << 23;
  return (Floats)((Ints)(p * (Floats)power) & ~tiny);
}

// Natural logarithm for normal x > 0, relative error below 2e-7 (Cephes).
template <int lanes>
STEGO_INLINE typename LanesOf<lanes>::Floats logarithm(typename LanesOf<lanes>::Floats x) {
  using Floats = typename LanesOf<lanes>::Floats;
  using Ints = typename LanesOf<lanes>::Ints;
  const Ints bits = (Ints)x;
  Floats mantissa = (Floats)((bits & 0x7fffff) | 0x3f000000);  // in [1/2, 1)
  const Ints small = mantissa < 0.707106781f;
  const Floats exponent = __builtin_convertvector((bits >> 23) - 126 + small, Floats);
  mantissa = (small ? mantissa + mantissa : mantissa) - 1.0f;
  const Floats square = mantissa * mantissa;
  Floats p = mantissa * 7.0376836292e-2f - 1.1514610310e-1f;
  p = p * mantissa + 1.1676998740e-1f;
  p = p * mantissa - 1.2420140846e-1f;
  p = p * mantissa + 1.4249322787e-1f;
  p = p * mantissa - 1.6668057665e-1f;
  p = p * mantissa + 2.0000714765e-1f;
  p = p * mantissa - 2.4999993993e-1f;
  p = p * mantissa + 3.3333331174e-1f;
  p = p * mantissa * square - exponent * 2.12194440e-4f - square * 0.5f;
  return mantissa + p + exponent * 0.693359375f;
}

// Sixteen pixels at once, one per lane, so that a pixel's result does not depend on its position.
void start(const StartTask& task, int64_t begin, int64_t end) {
  constexpr int lanes = 16;
  using Floats = typename LanesOf<lanes>::Floats;
  Floats score[kMaxChannels];
  for (int64_t first = begin; first < end; first += lanes) {
    const int here = end - first < lanes ? static_cast<int>(end - first) : lanes;
    for (int64_t l = 0; l < task.labels; ++l) {
      score[l] = Floats{};
      __builtin_memcpy(&score[l], task.scores + l * task.pixels + first, here * sizeof(float));
    }
    if (task.kind == ScoreKind::logits) {
      Floats highest = score[0], sum = {};
      for (int64_t l = 1; l < task.labels; ++l) highest = score[l] > highest ? score[l] : highest;
      for (int64_t l = 0; l < task.labels; ++l) {
        score[l] = exponential<lanes>(score[l] - highest);
        sum += score[l];
      }
      for (int64_t l = 0; l < task.labels; ++l) score[l] /= sum;
    }
    for (int64_t l = 0; l < task.labels; ++l) {
      if (task.kind == ScoreKind::energies) {
        score[l] = -score[l];
        continue;
      }
      score[l] = score[l] > 1e-5f ? score[l] : Floats{} + 1e-5f;
      score[l] = logarithm<lanes>(score[l] < 1.0f ? score[l] : Floats{} + 1.0f);
    }
    for (int lane = 0; lane < here; ++lane) {
      float* row = task.start.data + (first + lane) * task.start.stride;
      for (int64_t l = 0; l < task.labels; ++l) row[l] = score[l][lane];
      for (int64_t l = task.labels; l < task.start.channels; ++l) row[l] = -__builtin_inff();
    }
  }
}

template <int lanes>
STEGO_INLINE float largest_of(typename LanesOf<lanes>::Floats x) {
  float result = x[0];
  if constexpr (lanes == 4) {
    for (int i = 1; i < 4; ++i) result = x[i] > result ? x[i] : result;
    return result;
  } else if constexpr (lanes == 8) {
    const auto low = __builtin_shufflevector(x, x, 0, 1, 2, 3),
               high = __builtin_shufflevector(x, x, 4, 5, 6, 7);
    return largest_of<4>(low > high ? low : high);
  } else {
    const auto low = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7),
               high = __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    return largest_of<8>(low > high ? low : high);
  }
}

template <int lanes>
STEGO_INLINE float sum_of(typename LanesOf<lanes>::Floats x) {
  if constexpr (lanes == 4) {
    return (x[0] + x[2]) + (x[1] + x[3]);
  } else if constexpr (lanes == 8) {
    return sum_of<4>(__builtin_shufflevector(x, x, 0, 1, 2, 3) + __builtin_shufflevector(x, x, 4, 5, 6, 7));
  } else {
    return sum_of<8>(__builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) +
                     __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15));
  }
}

// Subtracts one kernel's energies of a point from its scores.
template <int lanes, int blocks>
STEGO_INLINE void subtract_energy(const SliceSource& source, int64_t point, int64_t stride, int64_t channels,
                                  typename LanesOf<lanes>::Floats* score) {
  using Shape = Row<lanes, blocks>;
  using Floats = typename Shape::Floats;
  const int count = Shape::count(channels);
  const int32_t* vertex = source.vertex + point * source.corners;
  const float* weight = source.weight + point * source.corners;
  Floats filtered[Shape::kBlocks];
  for (int b = 0; b < count; ++b) filtered[b] = Floats{};
  for (int q = 0; q < source.corners; ++q) {
    prefetch<lanes, blocks>(source.values + vertex[q + 6 * source.corners] * stride);
    const Floats* value = reinterpret_cast<const Floats*>(source.values + vertex[q] * stride);
    for (int b = 0; b < count; ++b) filtered[b] += weight[q] * value[b];
  }
  if (source.factor) {
    const Floats* factor = reinterpret_cast<const Floats*>(source.factor);
    for (int b = 0; b < count; ++b) score[b] -= factor[b] * filtered[b];
    return;
  }
  const float* units = reinterpret_cast<const float*>(filtered);
  for (int64_t m = 0; m < channels; ++m) {
    const Floats* energy = reinterpret_cast<const Floats*>(source.matrix + m * channels);
    for (int b = 0; b < count; ++b) score[b] -= units[m] * energy[b];
  }
}

template <int lanes, int blocks>
STEGO_INLINE void update_rows(const UpdateTask& task, int64_t begin, int64_t end) {
  using Shape = Row<lanes, blocks>;
  using Floats = typename Shape::Floats;
  const int64_t stride = task.start.stride, channels = task.start.channels;
  const int count = Shape::count(channels);
  for (int64_t p = begin; p < end; ++p) {
    const Floats* start = reinterpret_cast<const Floats*>(task.start.data + p * stride);
    Floats score[Shape::kBlocks];
    for (int b = 0; b < count; ++b) score[b] = start[b];
    for (int k = 0; k < task.count; ++k) {
      subtract_energy<lanes, blocks>(task.sources[k], p, stride, channels, score);
    }
    Floats highest = Floats{} - __builtin_inff();
    for (int b = 0; b < count; ++b) highest = score[b] > highest ? score[b] : highest;
    const float largest = largest_of<lanes>(highest);
    Floats sum = {};
    for (int b = 0; b < count; ++b) {
      score[b] = exponential<lanes>(score[b] - largest);
      sum += score[b];
    }
    const float scale = 1.0f / sum_of<lanes>(sum);
    Floats* result = reinterpret_cast<Floats*>(task.probabilities + p * stride);
    for (int b = 0; b < count; ++b) result[b] = score[b] * scale;
  }
}

// Calls the loop for the row's shape.
#define STEGO_BY_SHAPE(loop, channels)      \
  switch (channels) {                       \
    case 4:                                 \
      return loop<4, 1>(task, begin, end);  \
    case 8:                                 \
      return loop<8, 1>(task, begin, end);  \
    case 16:                                \
      return loop<16, 1>(task, begin, end); \
    case 32:                                \
      return loop<16, 2>(task, begin, end); \
    case 48:                                \
      return loop<16, 3>(task, begin, end); \
    case 64:                                \
      return loop<16, 4>(task, begin, end); \
    default:                                \
      return loop<16, 0>(task, begin, end); \
  }

void splat(const SplatTask& task, int64_t begin, int64_t end) {
  STEGO_BY_SHAPE(splat_rows, task.rows.channels)
}

void blur(const BlurTask& task, int64_t begin, int64_t end) {
  STEGO_BY_SHAPE(blur_rows, task.values.channels)
}

void update(const UpdateTask& task, int64_t begin, int64_t end) {
  STEGO_BY_SHAPE(update_rows, task.start.channels)
}

constexpr Kernels kKernels{start, splat, blur, update};

#undef STEGO_BY_SHAPE
#undef STEGO_INLINE
