// The loops of kernels.h, included once per instruction set, each time in its own namespace. Vectors are
// compiler vectors, which the compiler splits if registers are narrower. Do not call the standard library
// here: its instantiations would be shared with code for older machines.

#define STEGO_INLINE __attribute__((always_inline)) inline

typedef float Floats __attribute__((vector_size(kLanes * 4), may_alias, aligned(4)));
typedef int32_t Ints __attribute__((vector_size(kLanes * 4), may_alias, aligned(4)));

STEGO_INLINE Floats load(const float* place) { return *reinterpret_cast<const Floats*>(place); }
STEGO_INLINE void store(float* place, Floats values) { *reinterpret_cast<Floats*>(place) = values; }
STEGO_INLINE Floats all(float value) { return Floats{} + value; }
STEGO_INLINE Floats larger(Floats a, Floats b) { return a > b ? a : b; }
STEGO_INLINE Floats smaller(Floats a, Floats b) { return a < b ? a : b; }

// Each lane swapped with the one `distance` away.
template <int distance>
STEGO_INLINE Floats exchanged(Floats values) {
  Ints places;
  for (int i = 0; i < kLanes; ++i) places[i] = i ^ distance;
  return __builtin_shuffle(values, places);
}

template <int distance = kLanes / 2>
STEGO_INLINE float sum_of(Floats values) {
  if constexpr (distance == 0) {
    return values[0];
  } else {
    return sum_of<distance / 2>(values + exchanged<distance>(values));
  }
}

template <int distance = kLanes / 2>
STEGO_INLINE float largest_of(Floats values) {
  if constexpr (distance == 0) {
    return values[0];
  } else {
    return largest_of<distance / 2>(larger(values, exchanged<distance>(values)));
  }
}

// sum of coefficients[i] * x^i
template <int count>
STEGO_INLINE Floats polynomial(const float (&coefficients)[count], Floats x) {
  Floats result = all(coefficients[count - 1]);
#pragma GCC unroll 8
  for (int i = count - 2; i >= 0; --i) result = result * x + coefficients[i];
  return result;
}

// e^x for x <= 0, relative error below 2e-7; clamped to e^-87 from below.
STEGO_INLINE Floats exp_negative(Floats x) {
  constexpr float rest[] = {5.0000001201e-1f, 1.6666665459e-1f, 4.1665795894e-2f,
                            8.3334519073e-3f, 1.3981999507e-3f, 1.9875691500e-4f};
  x = larger(x, all(-87.0f));
  const Floats whole = (x * 1.44269504f + 12582912.0f) - 12582912.0f;  // x / ln 2, rounded to an integer
  const Floats r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  const Ints power = (__builtin_convertvector(whole, Ints) + 127) << 23;
  return (polynomial(rest, r) * r * r + r + 1.0f) * reinterpret_cast<const Floats&>(power);
}

// x * (1 + erf(x / sqrt(2))) / 2. The error function is a fitted quotient with relative error 2e-8; beyond
// 5.5 it saturates in float32.
STEGO_INLINE Floats gelu(Floats x) {
  constexpr float above[] = {7.978845476e-01f, 6.691624263e-02f, 9.302867611e-03f,
                             3.291318545e-04f, 1.260307770e-05f, 4.586348637e-08f};
  constexpr float below[] = {1.0f,           2.505334746e-01f, 2.841568628e-02f,
                             1.860601225e-03f, 7.216455392e-05f, 1.199041862e-06f};
  const Floats z = smaller(larger(x, all(-5.5f)), all(5.5f)), square = z * z;
  return 0.5f * x * (1.0f + z * polynomial(above, square) / polynomial(below, square));
}

// A tile of `rows` x `vectors * kLanes`: the existing output or zero, + bias if there is one, + input *
// panel.
template <int rows, int vectors>
STEGO_INLINE void multiply_tile(Rows<const float*> input, const float* panel, int64_t depth,
                                const float* bias, bool add, Rows<float*> output) {
  Floats sum[rows][vectors];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) {
    const Floats first = bias ? load(bias + v * kLanes) : Floats{};
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      sum[r][v] = add ? first + load(output.data + r * output.stride + v * kLanes) : first;
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    Floats weight[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) weight[v] = load(panel + (k * vectors + v) * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const float value = input.data[r * input.stride + k];
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sum[r][v] += value * weight[v];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) store(output.data + r * output.stride + v * kLanes, sum[r][v]);
  }
}

// The same for one panel and any multiple of the tile's rows. The depth is split into parts, so that a part
// of the panel stays in the first-level cache for all rows. Never inlined: with more live values, the
// compiler spills the row addresses in the innermost loop.
template <int rows, int vectors, int part>
__attribute__((noinline)) void multiply_panel(Rows<const float*> input, int64_t count, const float* panel, int64_t depth,
                                 const float* bias, bool add, Rows<float*> output) {
  for (int64_t begin = 0; begin < depth; begin += part) {
    const int64_t length = depth - begin < part ? depth - begin : part;
    for (int64_t r = 0; r < count; r += rows) {
      multiply_tile<rows, vectors>({input.data + r * input.stride + begin, input.stride},
                                   panel + begin * vectors * kLanes, length, begin == 0 ? bias : nullptr,
                                   add || begin > 0, {output.data + r * output.stride, output.stride});
    }
  }
}

void product(const ProductTask& task, int64_t rows) {
  constexpr int width = kProductVectors * kLanes;
  for (int64_t n = 0; n < task.columns; n += width) {
    const Rows<float*> output{task.output.data + n, task.output.stride};
    multiply_panel<kProductRows, kProductVectors, 384>(task.input, rows, task.panels + n * task.depth,
                                                       task.depth, task.bias + n, task.finish == Finish::add,
                                                       output);
    if (task.finish != Finish::gelu) continue;
    for (int64_t r = 0; r < rows; ++r) {
      float* row = output.data + r * output.stride;
#pragma GCC unroll 8
      for (int v = 0; v < kProductVectors; ++v) store(row + v * kLanes, gelu(load(row + v * kLanes)));
    }
  }
}

void norm(const NormTask& task, int64_t rows) {
  const int64_t whole = task.channels / kLanes * kLanes;
  const float share = 1.0f / static_cast<float>(task.channels);
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = task.input.data + r * task.input.stride;
    float* out = task.output.data + r * task.output.stride;
    Floats sums{};
    for (int64_t c = 0; c < whole; c += kLanes) sums += load(row + c);
    float sum = sum_of(sums);
    for (int64_t c = whole; c < task.channels; ++c) sum += row[c];
    const float mean = sum * share;
    Floats squares{};
    for (int64_t c = 0; c < whole; c += kLanes) {
      const Floats distance = load(row + c) - mean;
      squares += distance * distance;
    }
    float square = sum_of(squares);
    for (int64_t c = whole; c < task.channels; ++c) square += (row[c] - mean) * (row[c] - mean);
    const float factor = 1.0f / __builtin_sqrtf(square * share + 1e-6f);
    for (int64_t c = 0; c < whole; c += kLanes) {
      store(out + c, (load(row + c) - mean) * factor * load(task.weight + c) + load(task.bias + c));
    }
    for (int64_t c = whole; c < task.channels; ++c) {
      out[c] = (row[c] - mean) * factor * task.weight[c] + task.bias[c];
    }
  }
}

// Turns a row of scores into e^(scale * (score - maximum)) and returns their sum. Raises `maximum` to the
// row's if that is larger. Writes a multiple of kLanes values; those beyond `count` weigh nothing.
STEGO_INLINE float weigh_row(float* row, int64_t count, float scale, float& maximum) {
  const int64_t padded = (count + kLanes - 1) / kLanes * kLanes;
  for (int64_t t = count; t < padded; ++t) row[t] = -__builtin_inff();
  Floats highest = all(maximum);
  for (int64_t t = 0; t < padded; t += kLanes) highest = larger(load(row + t), highest);
  maximum = largest_of(highest);
  const float shift = scale * maximum;
  Floats sums{};
  for (int64_t t = 0; t < padded; t += kLanes) {
    const Floats weight = exp_negative(scale * load(row + t) - shift);
    store(row + t, weight);
    sums += weight;
  }
  return sum_of(sums);
}

void attention(const AttentionTask& task, int64_t rows) {
  constexpr int width = kScoreVectors * kLanes;
  const int64_t channels = round_up(task.width, width);
  const Rows<float*> scores{task.scratch, round_up(kKeyBlock, width) + kRowGap};
  const Rows<float*> mixed{scores.data + kRowBlock * scores.stride, channels + kRowGap};
  float* maxima = mixed.data + kRowBlock * mixed.stride;
  float* sums = maxima + kRowBlock;
  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(task.width));
  const int64_t blocks = (task.count + kKeyBlock - 1) / kKeyBlock;
  const int64_t step = round_up((task.count + blocks - 1) / blocks, width);
  for (int64_t r = 0; r < rows; ++r) {
    maxima[r] = -3.0e38f;
    sums[r] = 0;
    for (int64_t c = 0; c < channels; c += kLanes) store(mixed.data + r * mixed.stride + c, Floats{});
  }
  for (int64_t begin = 0; begin < task.count; begin += step) {
    const int64_t count = task.count - begin < step ? task.count - begin : step;
    for (int64_t t = 0; t < count; t += width) {
      multiply_panel<kScoreRows, kScoreVectors, 128>(task.queries, rows,
                                                     task.keys + (begin + t) * task.width, task.width,
                                                     nullptr, false, {scores.data + t, scores.stride});
    }
    for (int64_t r = 0; r < rows; ++r) {
      const float before = maxima[r];
      const float sum = weigh_row(scores.data + r * scores.stride, count, scale, maxima[r]);
      const Floats kept = exp_negative(all(scale * (before - maxima[r])));
      sums[r] = sums[r] * kept[0] + sum;
      float* row = mixed.data + r * mixed.stride;
      for (int64_t c = 0; c < channels; c += kLanes) store(row + c, load(row + c) * kept);
    }
    for (int64_t c = 0; c < channels; c += width) {
      multiply_panel<kScoreRows, kScoreVectors, 128>({scores.data, scores.stride}, rows,
                                                     task.values + c * task.count + begin * width, count,
                                                     nullptr, true, {mixed.data + c, mixed.stride});
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    const float factor = 1.0f / sums[r];
    for (int64_t c = 0; c < task.width; ++c) {
      task.output.data[r * task.output.stride + c] = mixed.data[r * mixed.stride + c] * factor;
    }
  }
}

constexpr Kernels kKernels{kProductVectors * kLanes, kScoreVectors * kLanes, product, norm, attention};

#undef STEGO_INLINE
