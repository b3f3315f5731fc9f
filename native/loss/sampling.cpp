#include "loss/sampling.h"

#include <ATen/Dispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/error.h"
#include "core/parallel.h"

namespace stego {

namespace {

constexpr int64_t kNeighbors = 4;

// Sampling with its own backward: index_select's would clear and add a whole map for each of the neighbours.
struct Blend : torch::autograd::Function<Blend> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& maps,
                            const SamplePoints& points) {
    const at::Tensor whole = maps.contiguous();
    const int64_t batch = whole.size(0), channels = whole.size(2);
    at::Tensor samples = at::empty({batch, points.count(), channels}, whole.options());
    AT_DISPATCH_FLOATING_TYPES(whole.scalar_type(), "blend", [&] {
      const auto* from = whole.const_data_ptr<scalar_t>();
      auto* to = samples.mutable_data_ptr<scalar_t>();
      parallel_each(batch, [&](int64_t i) {
        blend(points.rows<scalar_t>(i, channels), from + i * whole.stride(0), nullptr,
              to + i * samples.stride(0));
      });
    });
    context->saved_data["shape"] = maps.sizes().vec();
    context->save_for_backward({points.places(), points.weights()});
    return samples;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const SamplePoints points(saved[0], saved[1]);
    const at::Tensor gradient = gradients[0].contiguous();
    at::Tensor maps = at::zeros(context->saved_data["shape"].toIntVector(), gradient.options());
    const int64_t channels = maps.size(2);
    AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "spread", [&] {
      const auto* from = gradient.const_data_ptr<scalar_t>();
      auto* to = maps.mutable_data_ptr<scalar_t>();
      parallel_each(maps.size(0), [&](int64_t i) {
        spread(points.rows<scalar_t>(i, channels), from + i * gradient.stride(0), to + i * maps.stride(0));
      });
    });
    return {maps, at::Tensor()};
  }
};

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

at::Tensor SamplePoints::sample(const at::Tensor& maps) const {
  return Blend::apply(maps, to(maps.scalar_type()));
}

at::Tensor SamplePoints::sample_one_hot(const at::Tensor& classes, int64_t values) const {
  const int64_t batch = places_.size(0);
  const at::Tensor read = classes.gather(1, places_.view({batch, -1}));  // [B, P * 4]
  const at::Tensor weighted =
      at::one_hot(read, values).to(weights_.scalar_type()) * weights_.view({batch, -1, 1});
  return weighted.view({batch, -1, kNeighbors, values}).sum(2);
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
