#pragma once
#include <vector>

#include "features/candidates.h"
#include "features/compared_rows.h"
#include "features/tile_kernels.h"

namespace stego {

// A range of positions; both ends are multiples of a panel.
struct Span {
  int64_t begin, end;
};

// Compares rows with columns by block and tile, and offers each row the columns that may be near, with their
// exact cosine. No score outlives its tile. Use one per thread: it owns a block's memory.
class Comparison {
 public:
  Comparison(const ComparedRows& rows, const ComparedRows& columns);
  Comparison(Comparison&&) = default;

  // Offers the columns to the rows' `neighbors` and, with `column_neighbors`, the rows to those of the
  // columns. Never offers a row to itself.
  void compare(Span rows, Candidates& neighbors, Span columns, Candidates* column_neighbors = nullptr);

  // The number of pairs whose exact cosine has been computed so far.
  int64_t decided() const { return decided_; }

  // Columns processed together, and rows of float32 products.
  static constexpr int64_t kBlock = 1008, kStrip = 240;

 private:
  // A pair that may be near.
  struct Hit {
    int32_t row, column;  // positions
    float score;
  };

  void compare_strip(Span rows, Candidates& neighbors, Span columns, Candidates* column_neighbors);
  bool score(Span rows, int64_t row, Span columns, int64_t column, const TileBars& bars,
             TileHits& hits) const;
  void collect(const TileHits& hits, int64_t row, int64_t column);
  void best_first(int64_t k);
  void offer_hits(Candidates& neighbors, Candidates* column_neighbors);
  void multiply(Span rows, Span columns);
  void lay_out(Span columns);

  const ComparedRows &rows_, &columns_;
  at::Tensor unit_rows_, unit_columns_, products_;  // float32: [kStrip, C], [kBlock, C], [kStrip, kBlock]
  at::Tensor codes_;                                // int8: codes + 128 of the columns [kBlock, C]
  std::vector<Hit> hits_;
  int64_t decided_ = 0;
};

}  // namespace stego
