#pragma once
#include <cstdint>

namespace stego {

// Rows per panel: the number of values in a vector register.
constexpr int64_t kPanel = 16;
constexpr int kTileRows = 8;
constexpr int kTilePanels = 3;
constexpr int kTileColumns = static_cast<int>(kPanel) * kTilePanels;
constexpr int64_t kMostInt8Channels = 1 << 16;  // a longer sum of code products overflows int32

// Eight rows, up to three panels of columns, and the bars to reach.
struct TileBars {
  const float *row_peaks, *row_bars;        // [8]
  const float *column_peaks, *column_bars;  // [16 * panels]
  int panels;
};

// Which pairs of a row and columns may be neighbors.
struct RowHits {
  uint64_t row;     // bit c is set if score + peak of column c reaches the row's bar
  uint64_t column;  // bit c is set if score + peak of the row reaches column c's bar
};

struct TileHits {
  alignas(64) float scores[kTileRows][kTileColumns];
  RowHits rows[kTileRows];
};

// A tile of code products; see ComparedRows.
struct Int8Tile {
  const int8_t* rows;  // codes of a panel, starting at the first of eight rows, [groups, 16, 4]
  const float* row_scales;
  const int32_t* row_biases;
  const uint8_t* columns;  // codes + 128, [panels, groups, 16, 4], cache-line aligned
  const float* column_scales;
  int64_t groups;
  TileBars bars;
};

struct TileKernels {
  // Scores a tile with 8-bit products and marks it; true if any bit is set. Null if the processor lacks
  // AVX-512 VNNI.
  bool (*score_int8)(const Int8Tile&, TileHits&);
  // Marks up to three panels of scores of one row, given the row's bar and peak.
  RowHits (*mark)(const float* scores, float bar, float peak, const float* peaks, const float* bars,
                  int panels);
};

// The kernels for this processor.
const TileKernels& tile_kernels();

}  // namespace stego
