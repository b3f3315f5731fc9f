#include "features/comparison.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "core/dispatch.h"

namespace stego {

namespace {

// A value reached by at least k of the values, and few more. The values must be finite.
[[gnu::always_inline]] inline float reached_by(const float* values, int64_t count, int64_t k) {
  constexpr int halvings = 10;
  float low = values[0], high = values[0];
  for (int64_t i = 1; i < count; ++i) {
    low = values[i] < low ? values[i] : low;
    high = values[i] > high ? values[i] : high;
  }
  for (int i = 0; i < halvings; ++i) {
    const float middle = low + (high - low) * 0.5f;
    int reaching = 0;
    for (int64_t j = 0; j < count; ++j) reaching += values[j] >= middle;
    (reaching >= k ? low : high) = middle;
  }
  return low;
}

[[gnu::always_inline]] inline void scale(const float* from, double factor, float* to, int64_t count) {
  for (int64_t c = 0; c < count; ++c) to[c] = static_cast<float>(from[c] * factor);
}

// Unit vectors of the rows at some positions, zeros in padding.
void write_units(const ComparedRows& compared, Span span, float* units) {
  const int64_t dim = compared.rows.dim();
  for (int64_t position = span.begin; position < span.end; ++position, units += dim) {
    const int32_t row = compared.order[position];
    if (row < 0) {
      std::fill_n(units, dim, 0.0f);
    } else {
      dispatch<scale>(compared.rows.row(row), compared.rows.factor(row), units, dim);
    }
  }
}

}  // namespace

Comparison::Comparison(const ComparedRows& rows, const ComparedRows& columns)
    : rows_(rows), columns_(columns) {
  if (columns.int8()) {
    codes_ = at::empty({kBlock / kPanel, columns.groups, kPanel * 4}, at::kByte);
    return;
  }
  unit_rows_ = at::empty({kStrip, rows.rows.dim()});
  unit_columns_ = at::empty({kBlock, rows.rows.dim()});
  products_ = at::empty({kStrip, kBlock});
}

void Comparison::compare(Span rows, Candidates& neighbors, Span columns, Candidates* column_neighbors) {
  for (int64_t column = columns.begin; column < columns.end; column += kBlock) {
    const Span block{column, std::min(column + kBlock, columns.end)};
    if (columns_.int8()) {
      lay_out(block);
    } else {
      write_units(columns_, block, unit_columns_.mutable_data_ptr<float>());
    }
    for (int64_t row = rows.begin; row < rows.end; row += kStrip)
      compare_strip({row, std::min(row + kStrip, rows.end)}, neighbors, block, column_neighbors);
  }
}

void Comparison::compare_strip(Span rows, Candidates& neighbors, Span columns, Candidates* column_neighbors) {
  if (!columns_.int8()) multiply(rows, columns);
  std::array<float, kTileColumns> never;  // no score reaches these
  never.fill(std::numeric_limits<float>::quiet_NaN());
  TileHits hits;
  for (int64_t row = rows.begin; row < rows.end; row += kTileRows) {
    hits_.clear();
    for (int64_t column = columns.begin; column < columns.end; column += kTileColumns) {
      const int panels = static_cast<int>(std::min<int64_t>(kTilePanels, (columns.end - column) / kPanel));
      const float* column_bars =
          column_neighbors ? column_neighbors->bars() + (column - column_neighbors->first()) : never.data();
      const TileBars bars{rows_.peaks.data() + row, neighbors.bars() + (row - neighbors.first()),
                          columns_.peaks.data() + column, column_bars, panels};
      if (score(rows, row, columns, column, bars, hits)) collect(hits, row, column);
    }
    if (!column_neighbors) best_first(neighbors.k());
    offer_hits(neighbors, column_neighbors);
  }
}

bool Comparison::score(Span rows, int64_t row, Span columns, int64_t column, const TileBars& bars,
                       TileHits& hits) const {
  const TileKernels& kernels = tile_kernels();
  if (!columns_.int8()) {
    uint64_t any = 0;
    const float* products =
        products_.const_data_ptr<float>() + (row - rows.begin) * kBlock + (column - columns.begin);
    for (int r = 0; r < kTileRows; ++r, products += kBlock) {
      const RowHits found = kernels.mark(products, bars.row_bars[r], bars.row_peaks[r], bars.column_peaks,
                                         bars.column_bars, bars.panels);
      hits.rows[r] = found;
      if (found.row | found.column) std::copy_n(products, bars.panels * kPanel, hits.scores[r]);
      any |= found.row | found.column;
    }
    return any != 0;
  }
  const int64_t panel = columns_.groups * kPanel * 4;
  const int8_t* row_codes = rows_.codes.const_data_ptr<int8_t>() + row / kPanel * panel + row % kPanel * 4;
  const uint8_t* column_codes = codes_.const_data_ptr<uint8_t>() + (column - columns.begin) / kPanel * panel;
  return kernels.score_int8({row_codes, rows_.scales.data() + row, rows_.biases.data() + row, column_codes,
                             columns_.scales.data() + column, columns_.groups, bars},
                            hits);
}

void Comparison::collect(const TileHits& hits, int64_t row, int64_t column) {
  const bool same = &rows_.rows == &columns_.rows;
  for (int r = 0; r < kTileRows; ++r) {
    for (uint64_t bits = hits.rows[r].row | hits.rows[r].column; bits != 0; bits &= bits - 1) {
      const int c = std::countr_zero(bits);
      if (same && rows_.order[row + r] == columns_.order[column + c]) continue;
      hits_.push_back({static_cast<int32_t>(row + r), static_cast<int32_t>(column + c), hits.scores[r][c]});
    }
  }
}

// Moves each row's k nearest hits by score to the front, if there are many: they raise its bar the most.
void Comparison::best_first(int64_t k) {
  if (static_cast<int64_t>(hits_.size()) <= kTileRows * k) return;
  std::array<std::vector<float>, kTileRows> reaches;
  for (const Hit& hit : hits_) reaches[hit.row % kTileRows].push_back(hit.score + columns_.peaks[hit.column]);
  std::array<float, kTileRows> least;
  for (int r = 0; r < kTileRows; ++r) {
    const auto count = static_cast<int64_t>(reaches[r].size());
    least[r] = count > k ? dispatch<reached_by>(reaches[r].data(), count, k)
                         : -std::numeric_limits<float>::infinity();
  }
  std::partition(hits_.begin(), hits_.end(), [&](const Hit& hit) {
    return hit.score + columns_.peaks[hit.column] >= least[hit.row % kTileRows];
  });
}

// Bars may have risen since the tile was scored, so only hits that still reach them get an exact cosine.
void Comparison::offer_hits(Candidates& neighbors, Candidates* column_neighbors) {
  for (const Hit& hit : hits_) {
    const int32_t row = rows_.order[hit.row], column = columns_.order[hit.column];
    const bool for_row = neighbors.wants(hit.row, hit.score + columns_.peaks[hit.column], column);
    const bool for_column =
        column_neighbors && column_neighbors->wants(hit.column, hit.score + rows_.peaks[hit.row], row);
    if (!for_row && !for_column) continue;
    ++decided_;
    const float exact = cosine(rows_.rows, row, columns_.rows, column);
    if (for_row) neighbors.offer(hit.row, column, exact);
    if (for_column) column_neighbors->offer(hit.column, row, exact);
  }
}

void Comparison::multiply(Span rows, Span columns) {
  write_units(rows_, rows, unit_rows_.mutable_data_ptr<float>());
  const int64_t height = rows.end - rows.begin, width = columns.end - columns.begin;
  at::Tensor products = products_.narrow(0, 0, height).narrow(1, 0, width);
  at::mm_out(products, unit_rows_.narrow(0, 0, height), unit_columns_.narrow(0, 0, width).t());
}

// Unsigned codes of the columns; see Int8Tile.
void Comparison::lay_out(Span columns) {
  const int64_t row_bytes = columns_.groups * 4;
  const int8_t* from = columns_.codes.const_data_ptr<int8_t>() + columns.begin * row_bytes;
  uint8_t* to = codes_.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < (columns.end - columns.begin) * row_bytes; ++i)
    to[i] = static_cast<uint8_t>(from[i] + 128);
}

}  // namespace stego
