#pragma once
#include "core/aten.h"

namespace stego {

// A learned table of positions, or a map measured on its grid, [1, C, H, W], at h x w patches: [1, C, h, w].
// The scale factors carry DINO's +0.1 and enter the coordinate mapping as they are (not recomputed from the
// sizes), which is what published features were made with.
at::Tensor resample_positions(const at::Tensor& table, int64_t height, int64_t width);

// What a backbone's features say of where in the picture a patch lies, whatever it shows: the mean unit
// feature at each place, less its mean over all places. A linear head can read a patch's row off DINO-like
// features, and clusters of pictures that share no layout become bands.
class PositionMap {
 public:
  explicit PositionMap(const at::Tensor& map);  // [H, H, C] float32

  // Takes the map off the directions of features [B, h*w, C] and gives each its own length back. Where the
  // grid is another than the map's, the map is resampled as the table of positions is.
  at::Tensor remove_from(const at::Tensor& features, int64_t height, int64_t width) const;

  const at::Tensor& map() const { return map_; }

 private:
  at::Tensor map_;
};

}  // namespace stego
