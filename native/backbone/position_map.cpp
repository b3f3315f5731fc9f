#include "backbone/position_map.h"

#include <cmath>

#include "core/describe.h"
#include "core/error.h"

namespace stego {

namespace {

constexpr double kShortest = 1e-12;

at::Tensor length_of(const at::Tensor& vectors) {
  return at::norm(vectors, 2, -1, /*keepdim=*/true).clamp_min_(kShortest);
}

}  // namespace

at::Tensor resample_positions(const at::Tensor& table, int64_t height, int64_t width) {
  const double count = static_cast<double>(table.size(2) * table.size(3));
  const double root = std::sqrt(count);
  return at::upsample_bicubic2d(table, {height, width}, /*align_corners=*/false, (height + 0.1) / root,
                                (width + 0.1) / root);
}

at::Tensor resample_positions(const at::Tensor& table, const GridPart& part) {
  if (part.is_whole()) return resample_positions(table, part.height, part.width);
  const double root = std::sqrt(static_cast<double>(table.size(2) * table.size(3)));
  const at::Tensor rows = at::upsample_bicubic2d(table, {part.height, table.size(3)}, /*align_corners=*/false,
                                                 (part.height + 0.1) / root, 1.0)
                              .slice(2, part.top, part.height, part.step)
                              .contiguous();
  return at::upsample_bicubic2d(rows, {part.rows(), part.width}, /*align_corners=*/false, 1.0,
                                (part.width + 0.1) / root)
      .slice(3, part.left, part.width, part.step);
}

PositionMap::PositionMap(const at::Tensor& map) : map_(map) {
  require(map.dim() == 3 && map.scalar_type() == at::kFloat && map.numel() > 0 && map.size(0) == map.size(1),
          "Expected a float32 position map [H, H, C], got ", described(map), ".");
}

at::Tensor PositionMap::remove_from(const at::Tensor& features, const GridPart& part) const {
  const int64_t channels = map_.size(2);
  const at::Tensor map =
      part.height == map_.size(0) && part.width == map_.size(1)
          ? part.of(map_, 0, 1)
          : resample_positions(map_.permute({2, 0, 1}).unsqueeze(0), part)[0].permute({1, 2, 0});
  const at::Tensor lengths = length_of(features);  // [B, h*w, 1]
  at::Tensor rest =
      features / lengths - map.reshape({1, part.rows() * part.columns(), channels});  // [B, h*w, C]
  return rest.mul_(lengths / length_of(rest));
}

}  // namespace stego
