#include "features/tile_kernels.h"

#include "core/instructions.h"

#ifdef STEGO_X86_KERNELS
#include <immintrin.h>

#include <type_traits>
#include <utility>
#endif

namespace stego {

namespace {

RowHits mark_portable(const float* scores, float bar, float peak, const float* peaks, const float* bars,
                      int panels) {
  RowHits hits{0, 0};
  for (int first = 0; first < panels * kPanel; first += kPanel) {
    int any = 0;
    for (int c = first; c < first + kPanel; ++c)
      any |= (scores[c] + peaks[c] >= bar) | (scores[c] + peak >= bars[c]);
    for (int c = first; any && c < first + kPanel; ++c) {
      hits.row |= static_cast<uint64_t>(scores[c] + peaks[c] >= bar) << c;
      hits.column |= static_cast<uint64_t>(scores[c] + peak >= bars[c]) << c;
    }
  }
  return hits;
}

#ifdef STEGO_X86_KERNELS

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")

RowHits mark_avx2(const float* scores, float bar, float peak, const float* peaks, const float* bars,
                  int panels) {
  RowHits hits{0, 0};
  const __m256 row_bar = _mm256_set1_ps(bar), row_peak = _mm256_set1_ps(peak);
  for (int c = 0; c < panels * kPanel; c += 8) {
    const __m256 score = _mm256_loadu_ps(scores + c);
    const __m256 for_row = _mm256_add_ps(score, _mm256_loadu_ps(peaks + c)),
                 for_column = _mm256_add_ps(score, row_peak);
    const int row = _mm256_movemask_ps(_mm256_cmp_ps(for_row, row_bar, _CMP_GE_OQ));
    const int column = _mm256_movemask_ps(_mm256_cmp_ps(for_column, _mm256_loadu_ps(bars + c), _CMP_GE_OQ));
    hits.row |= static_cast<uint64_t>(row) << c;
    hits.column |= static_cast<uint64_t>(column) << c;
  }
  return hits;
}

#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")

RowHits mark_avx512(const float* scores, float bar, float peak, const float* peaks, const float* bars,
                    int panels) {
  RowHits hits{0, 0};
  const __m512 row_bar = _mm512_set1_ps(bar), row_peak = _mm512_set1_ps(peak);
  for (int c = 0; c < panels * kPanel; c += kPanel) {
    const __m512 score = _mm512_loadu_ps(scores + c);
    const __m512 for_row = _mm512_add_ps(score, _mm512_loadu_ps(peaks + c)),
                 for_column = _mm512_add_ps(score, row_peak);
    const __mmask16 row = _mm512_cmp_ps_mask(for_row, row_bar, _CMP_GE_OQ),
                    column = _mm512_cmp_ps_mask(for_column, _mm512_loadu_ps(bars + c), _CMP_GE_OQ);
    hits.row |= static_cast<uint64_t>(row) << c;
    hits.column |= static_cast<uint64_t>(column) << c;
  }
  return hits;
}

#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,avx512vnni")

// GCC 12 warns about its own header for the converting intrinsic.
using Int32Vector = int32_t __attribute__((vector_size(64)));

// Inline assembly, because GCC 12 copies the sums around the intrinsic, which halves the speed.
__attribute__((always_inline)) inline void add_products(__m512i& sum, __m512i columns, __m512i row) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(columns), "v"(row));
}

// body(0), body(1), ..., unrolled with constant arguments, so that what they index stays in registers.
template <typename Body, int... indices>
__attribute__((always_inline)) inline void write_out(const Body& body,
                                                     std::integer_sequence<int, indices...>) {
  (body(std::integral_constant<int, indices>{}), ...);
}
template <int count, typename Body>
__attribute__((always_inline)) inline void write_out(const Body& body) {
  write_out(body, std::make_integer_sequence<int, count>{});
}

// vpdpbusd multiplies unsigned by signed bytes, so 128 is added to the columns' codes; the bias subtracts it
// again.
template <int panels>
__attribute__((always_inline)) inline bool score_panels(const Int8Tile& tile, TileHits& hits) {
  __m512i sums[kTileRows][panels];
  write_out<kTileRows * panels>([&](auto i) __attribute__((always_inline)) {
    sums[i / panels][i % panels] = _mm512_set1_epi32(tile.row_biases[i / panels]);
  });
  const int8_t* rows = tile.rows;
  const uint8_t* columns = tile.columns;
  const int64_t panel = tile.groups * 64;
  for (int64_t group = 0; group < tile.groups; ++group, rows += 64, columns += 64) {
    __m512i column[panels];
    write_out<panels>(
        [&](auto p) __attribute__((always_inline)) { column[p] = _mm512_load_si512(columns + p * panel); });
    write_out<kTileRows>([&](auto r) __attribute__((always_inline)) {
      int32_t codes;
      __builtin_memcpy(&codes, rows + r * 4, 4);
      const __m512i row = _mm512_set1_epi32(codes);
      write_out<panels>([&](auto p)
                            __attribute__((always_inline)) { add_products(sums[r][p], column[p], row); });
    });
  }
  uint64_t any = 0;
  const TileBars& bars = tile.bars;
  write_out<kTileRows>([&](auto r) __attribute__((always_inline)) {
    const __m512 scale = _mm512_set1_ps(tile.row_scales[r]), bar = _mm512_set1_ps(bars.row_bars[r]),
                 peak = _mm512_set1_ps(bars.row_peaks[r]);
    RowHits found{0, 0};
    write_out<panels>([&](auto p) __attribute__((always_inline)) {
      const __m512 scales = _mm512_mul_ps(scale, _mm512_loadu_ps(tile.column_scales + p * 16));
      const auto products = reinterpret_cast<Int32Vector>(sums[r][p]);
      const __m512 scores = _mm512_mul_ps(__builtin_convertvector(products, __m512), scales);
      _mm512_store_ps(hits.scores[r] + p * 16, scores);
      const __m512 reach = _mm512_add_ps(scores, _mm512_loadu_ps(bars.column_peaks + p * 16));
      found.row |= static_cast<uint64_t>(_mm512_cmp_ps_mask(reach, bar, _CMP_GE_OQ)) << (p * 16);
      const __m512 column_bar = _mm512_loadu_ps(bars.column_bars + p * 16);
      const auto mask = _mm512_cmp_ps_mask(_mm512_add_ps(scores, peak), column_bar, _CMP_GE_OQ);
      found.column |= static_cast<uint64_t>(mask) << (p * 16);
    });
    hits.rows[r] = found;
    any |= found.row | found.column;
  });
  return any != 0;
}

bool score_tile(const Int8Tile& tile, TileHits& hits) {
  if (tile.bars.panels == 3) return score_panels<3>(tile, hits);
  return tile.bars.panels == 2 ? score_panels<2>(tile, hits) : score_panels<1>(tile, hits);
}

#pragma GCC pop_options

TileKernels choose() {
  switch (available(Instructions::automatic)) {
    case Instructions::avx512:
      return {has_int8_products() ? score_tile : nullptr, mark_avx512};
    case Instructions::avx2:
      return {nullptr, mark_avx2};
    default:
      return {nullptr, mark_portable};
  }
}

#else

TileKernels choose() {
  return {nullptr, mark_portable};
}

#endif

}  // namespace

const TileKernels& tile_kernels() {
  static const TileKernels kernels = choose();
  return kernels;
}

}  // namespace stego
