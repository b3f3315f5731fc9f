#pragma once
#include "core/aten.h"

namespace stego {

// Resamples a learned position table, or a map measured on its grid, [1, C, H, W], to h x w patches: [1, C,
// h, w]. The scale factors include DINO's +0.1 and enter the coordinate mapping as they are (not recomputed
// from the sizes); published features were made this way.
at::Tensor resample_positions(const at::Tensor& table, int64_t height, int64_t width);

// What a backbone's features say about a patch's location in the picture, whatever it shows: the mean unit
// feature at each place minus its mean over all places. A linear head can read a patch's row off DINO-like
// features, so clusters of pictures that share no layout become bands.
class PositionMap {
 public:
  explicit PositionMap(const at::Tensor& map);  // [H, H, C] float32

  // Subtracts the map from the directions of features [B, h*w, C] and restores each feature's length. If the
  // grid differs from the map's, the map is resampled like the position table.
  at::Tensor remove_from(const at::Tensor& features, int64_t height, int64_t width) const;

  const at::Tensor& map() const { return map_; }

 private:
  at::Tensor map_;
};

}  // namespace stego
