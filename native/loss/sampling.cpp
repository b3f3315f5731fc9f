#include "loss/sampling.h"

#include "core/error.h"

namespace stego {

namespace {

constexpr int64_t kNeighbors = 4;

}  // namespace

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
  places_ =
      at::stack({y0 * grid_width + x0, y0 * grid_width + x1, y1 * grid_width + x0, y1 * grid_width + x1}, 2);
  weights_ = at::stack({(1 - wx) * (1 - wy), wx * (1 - wy), (1 - wx) * wy, wx * wy}, 2);
}

at::Tensor SamplePoints::sample(const at::Tensor& maps, const at::Tensor& which) const {
  const int64_t batch = places_.size(0), grid_places = maps.size(1);
  const at::Tensor from = which.defined() ? which : at::arange(batch, places_.options());
  const at::Tensor rows = places_ + (from * grid_places).view({batch, 1, 1});  // of all maps
  const at::Tensor read =
      maps.flatten(0, 1).index_select(0, rows.flatten()).view({batch, -1, kNeighbors, maps.size(2)});
  return (read * weights_.to(maps.scalar_type()).unsqueeze(3)).sum(2);  // [B, P, C]
}

at::Tensor SamplePoints::sample_one_hot(const at::Tensor& classes, int64_t values) const {
  const int64_t batch = places_.size(0);
  const at::Tensor read = classes.gather(1, places_.view({batch, -1}));  // [B, P * 4]
  const at::Tensor weighted =
      at::one_hot(read, values).to(weights_.scalar_type()) * weights_.view({batch, -1, 1});
  return weighted.view({batch, -1, kNeighbors, values}).sum(2);
}

at::Tensor SamplePoints::matrices(int64_t grid_places) const {
  at::Tensor matrices = at::zeros({places_.size(0), places_.size(1), grid_places}, weights_.options());
  for (int64_t i = 0; i < kNeighbors; ++i) {
    // Neighbors of a point may coincide, so each is added by itself.
    matrices.add_(at::zeros_like(matrices).scatter_(2, places_.narrow(2, i, 1), weights_.narrow(2, i, 1)));
  }
  return matrices;
}

SamplePoints::Reduced SamplePoints::reduce(int64_t grid_places) const {
  const int64_t batch = places_.size(0), reads = places_.size(1) * kNeighbors;
  Reduced reduced{{}, SamplePoints(at::empty_like(places_), weights_)};
  const auto* places = places_.const_data_ptr<int64_t>();
  auto* moved = reduced.points.places_.mutable_data_ptr<int64_t>();
  for (int64_t image = 0; image < batch; ++image, places += reads, moved += reads) {
    std::vector<int64_t> position(grid_places, -1), kept;
    for (int64_t i = 0; i < reads; ++i) position[places[i]] = 0;
    for (int64_t place = 0; place < grid_places; ++place) {
      if (position[place] < 0) continue;
      position[place] = static_cast<int64_t>(kept.size());
      kept.push_back(place);
    }
    for (int64_t i = 0; i < reads; ++i) moved[i] = position[places[i]];
    reduced.places.push_back(at::tensor(kept, at::kLong));
  }
  return reduced;
}

}  // namespace stego
