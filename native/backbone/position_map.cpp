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

PositionMap::PositionMap(const at::Tensor& map) : map_(map) {
  require(map.dim() == 3 && map.scalar_type() == at::kFloat && map.numel() > 0 && map.size(0) == map.size(1),
          "Expected a float32 position map [H, H, C], got ", described(map), ".");
}

at::Tensor PositionMap::remove_from(const at::Tensor& features, int64_t height, int64_t width) const {
  const int64_t channels = map_.size(2);
  const at::Tensor map =
      height == map_.size(0) && width == map_.size(1)
          ? map_
          : resample_positions(map_.permute({2, 0, 1}).unsqueeze(0), height, width)[0].permute({1, 2, 0});
  const at::Tensor lengths = length_of(features);                                     // [B, h*w, 1]
  at::Tensor rest = features / lengths - map.reshape({1, height * width, channels});  // [B, h*w, C]
  return rest.mul_(lengths / length_of(rest));
}

}  // namespace stego
