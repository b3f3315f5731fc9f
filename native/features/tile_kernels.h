#pragma once
#include <cstdint>

namespace stego {

// Rows in a panel: as many as a vector register holds values.
constexpr int64_t kPanel = 16;
constexpr int kTileRows = 8;
constexpr int kTilePanels = 3;
constexpr int kTileColumns = static_cast<int>(kPanel) * kTilePanels;
constexpr int64_t kMostInt8Channels = 1 << 16;  // beyond it a sum of products of codes leaves int32

// Eight rows beside up to three panels of columns, and what they must reach.
struct TileBars {
  const float *row_peaks, *row_bars;        // [8]
  const float *column_peaks, *column_bars;  // [16 * panels]
  int panels;
};

// The pairs of a row with columns that may be neighbors.
struct RowHits {
  uint64_t row;     // bit c where score + peak of column c reaches the bar of the row
  uint64_t column;  // bit c where score + peak of the row reaches the bar of column c
};

struct TileHits {
  alignas(64) float scores[kTileRows][kTileColumns];
  RowHits rows[kTileRows];
};

// Products of codes; see ComparedRows.
struct Int8Tile {
  const int8_t* rows;  // the codes of a panel from the first of eight rows on, [groups, 16, 4]
  const float* row_scales;
  const int32_t* row_biases;
  const uint8_t* columns;  // codes + 128, [panels, groups, 16, 4], at the beginning of a cache line
  const float* column_scales;
  int64_t groups;
  TileBars bars;
};

struct TileKernels {
  // Scores a tile by 8-bit products and marks it; true where any bit is set. Null where the processor has no
  // AVX-512 VNNI.
  bool (*score_int8)(const Int8Tile&, TileHits&);
  // Marks a row of up to three panels of scores; bar and peak are those of the row.
  RowHits (*mark)(const float* scores, float bar, float peak, const float* peaks, const float* bars,
                  int panels);
};

// Those for this processor.
const TileKernels& tile_kernels();

}  // namespace stego
