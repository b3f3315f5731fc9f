#pragma once
#include "core/aten.h"

namespace stego {

// Every step-th patch of a picture's grid in both directions, from row `top` and column `left`.
struct GridPart {
  int64_t height, width;  // of the whole grid
  int64_t top, left, step;

  static GridPart whole(int64_t height, int64_t width) { return {height, width, 0, 0, 1}; }
  bool is_whole() const { return step == 1; }
  int64_t rows() const { return (height - top + step - 1) / step; }
  int64_t columns() const { return (width - left + step - 1) / step; }

  // The part of a tensor whose axes `rows_axis` and `columns_axis` are those of the whole grid.
  at::Tensor of(const at::Tensor& grid, int64_t rows_axis, int64_t columns_axis) const {
    return grid.slice(rows_axis, top, height, step).slice(columns_axis, left, width, step);
  }
};

// Resamples a learned position table, or a map measured on its grid, [1, C, H, W], to h x w patches: [1, C,
// h, w]. The scale factors include DINO's +0.1 and enter the coordinate mapping as they are (not recomputed
// from the sizes); published features were made this way.
at::Tensor resample_positions(const at::Tensor& table, int64_t height, int64_t width);

// A part of the same, [1, C, rows, columns], without the whole: bicubic resampling is separable.
at::Tensor resample_positions(const at::Tensor& table, const GridPart& part);

// What a backbone's features say about a patch's location in the picture, whatever it shows: the mean unit
// feature at each place minus its mean over all places. A linear head can read a patch's row off DINO-like
// features, so clusters of pictures that share no layout become bands.
class PositionMap {
 public:
  explicit PositionMap(const at::Tensor& map);  // [H, H, C] float32

  // Subtracts the map from the directions of features [B, h*w, C] and restores each feature's length. If the
  // grid differs from the map's, the map is resampled like the position table.
  // `features` may be those of a part of the grid.
  at::Tensor remove_from(const at::Tensor& features, const GridPart& part) const;

  const at::Tensor& map() const { return map_; }

 private:
  at::Tensor map_;
};

}  // namespace stego
