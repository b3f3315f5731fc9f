#include "loss/alignment.h"

#include "loss/equations.h"
#include "loss/sampling.h"

namespace stego {

at::Tensor alignment_loss(const at::Tensor& codes, const at::Tensor& view_codes,
                          const at::Tensor& view_coordinates, int64_t grid_height, int64_t grid_width,
                          bool official_axes) {
  const at::Tensor coordinates =
      at::upsample_bilinear2d(view_coordinates.permute({0, 3, 1, 2}), {grid_height, grid_width},
                              /*align_corners=*/false)
          .permute({0, 2, 3, 1});  // [B, h, w, 2] as (row, column)
  // Sampling takes (x, y) and transposes the two position axes; the official code accounts for neither.
  const at::Tensor points = official_axes ? coordinates : coordinates.transpose(1, 2).flip(-1);
  const at::Tensor seen = SamplePoints(points, grid_height, grid_width).sample(codes);  // [B, h*w, dim]
  return -(normalize_samples(seen) * normalize_samples(view_codes)).sum(-1).mean();
}

}  // namespace stego
