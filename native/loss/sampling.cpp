#include "loss/sampling.h"

#include "core/error.h"

namespace stego {

SamplePoints::SamplePoints(const at::Tensor& coordinates, int64_t grid_height, int64_t grid_width) {
  require(coordinates.dim() == 4 && coordinates.size(3) == 2,
          "Expected sample coordinates [B, S, S, 2], got ", coordinates.dim(), " axes.");
  const at::NoGradGuard no_grad;
  const int64_t batch = coordinates.size(0);
  const at::Tensor transposed = coordinates.permute({0, 2, 1, 3}).reshape({batch, -1, 2});
  const auto axis = [&](int64_t which, int64_t size) {
    const at::Tensor place = ((transposed.select(2, which) + 1) * (0.5 * (size - 1))).clamp(0, size - 1);
    const at::Tensor low = place.floor();
    const at::Tensor first = low.to(at::kLong);
    return std::tuple{first, (first + 1).clamp_max(size - 1), place - low};
  };
  const auto [x0, x1, wx] = axis(0, grid_width);
  const auto [y0, y1, wy] = axis(1, grid_height);
  const at::Tensor places[4] = {y0 * grid_width + x0, y0 * grid_width + x1, y1 * grid_width + x0,
                                y1 * grid_width + x1};
  const at::Tensor weights[4] = {(1 - wx) * (1 - wy), wx * (1 - wy), (1 - wx) * wy, wx * wy};
  for (int i = 0; i < 4; ++i) {
    places_[i] = places[i];
    weights_[i] = weights[i].reshape({-1, 1});
  }
}

template <typename Read>
at::Tensor SamplePoints::blend(int64_t places, const at::Tensor& sources, Read read) const {
  const int64_t batch = places_[0].size(0), points = places_[0].size(1);
  const at::Tensor image = sources.defined() ? sources : at::arange(batch, places_[0].options());
  const at::Tensor offset = (image * places).view({-1, 1});
  at::Tensor result;
  for (int i = 0; i < 4; ++i) {
    const at::Tensor part = read((places_[i] + offset).view(-1)) * weights_[i];
    result = i == 0 ? part : result + part;
  }
  return result.view({batch, points, -1});
}

at::Tensor SamplePoints::sample(const at::Tensor& maps, const at::Tensor& sources) const {
  const at::Tensor rows = maps.reshape({-1, maps.size(2)});
  return blend(maps.size(1), sources, [&](const at::Tensor& places) { return rows.index_select(0, places); });
}

at::Tensor SamplePoints::sample_one_hot(const at::Tensor& classes, int64_t values,
                                        const at::Tensor& sources) const {
  const at::Tensor flat = classes.reshape({-1});
  return blend(classes.size(1), sources, [&](const at::Tensor& places) {
    return at::one_hot(flat.index_select(0, places), values).to(at::kFloat);
  });
}

}  // namespace stego
