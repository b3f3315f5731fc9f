#include "loss/sampling.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "core/error.h"

namespace stego {

namespace {

constexpr int64_t kNeighbors = 4;

// What one call of the kernels below goes over: `rows` = B * n rows of `points` samples, each of `neighbors`
// places in one of `maps` maps of `places` vectors of `channels` values.
struct Extent {
  int64_t rows, rows_per_image, points, places, channels;
};

// output[m, p, :] = sum_i weights[b, p, i] * maps[source[m], place[b, p, i], :] with b = m / n
template <typename Value>
void blend_rows(const Extent& extent, const Value* maps, const int64_t* places, const Value* weights,
                const int64_t* sources, Value* output) {
  at::parallel_for(0, extent.rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      const int64_t first = m / extent.rows_per_image * extent.points;
      const Value* map = maps + sources[m] * extent.places * extent.channels;
      for (int64_t p = 0; p < extent.points; ++p) {
        const int64_t* place = places + (first + p) * kNeighbors;
        const Value* weight = weights + (first + p) * kNeighbors;
        const Value* a = map + place[0] * extent.channels;
        const Value* b = map + place[1] * extent.channels;
        const Value* c = map + place[2] * extent.channels;
        const Value* d = map + place[3] * extent.channels;
        Value* __restrict target = output + (m * extent.points + p) * extent.channels;
        for (int64_t k = 0; k < extent.channels; ++k) {
          target[k] = a[k] * weight[0] + b[k] * weight[1] + c[k] * weight[2] + d[k] * weight[3];
        }
      }
    }
  });
}

// The transpose of the above. Each map is gathered by one thread in the order of the rows, so that the sums
// do not depend on the number of threads.
template <typename Value>
void spread_rows(const Extent& extent, int64_t map_count, const Value* gradient, const int64_t* places,
                 const Value* weights, const int64_t* sources, Value* maps_gradient) {
  std::vector<std::vector<int64_t>> readers(map_count);
  for (int64_t m = 0; m < extent.rows; ++m) readers[sources[m]].push_back(m);
  at::parallel_for(0, map_count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      Value* map = maps_gradient + n * extent.places * extent.channels;
      for (const int64_t m : readers[n]) {
        const int64_t first = m / extent.rows_per_image * extent.points;
        for (int64_t p = 0; p < extent.points; ++p) {
          const Value* source = gradient + (m * extent.points + p) * extent.channels;
          for (int64_t i = 0; i < kNeighbors; ++i) {
            const int64_t at = (first + p) * kNeighbors + i;
            const Value weight = weights[at];
            Value* __restrict target = map + places[at] * extent.channels;
            for (int64_t k = 0; k < extent.channels; ++k) target[k] += weight * source[k];
          }
        }
      }
    }
  });
}

Extent extent_of(const at::Tensor& maps, const at::Tensor& places, const at::Tensor& sources) {
  return {sources.numel(), sources.numel() / places.size(0), places.size(1), maps.size(1), maps.size(2)};
}

// Sampling with its own backward: index_select's would clear and add a whole map for each of the neighbours.
struct Blend : torch::autograd::Function<Blend> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& maps,
                            const at::Tensor& places, const at::Tensor& weights, const at::Tensor& sources) {
    const at::Tensor whole = maps.contiguous();
    const Extent extent = extent_of(whole, places, sources);
    at::Tensor output = at::empty({extent.rows, extent.points, extent.channels}, whole.options());
    AT_DISPATCH_FLOATING_TYPES(whole.scalar_type(), "blend", [&] {
      blend_rows<scalar_t>(extent, whole.const_data_ptr<scalar_t>(), places.const_data_ptr<int64_t>(),
                           weights.const_data_ptr<scalar_t>(), sources.const_data_ptr<int64_t>(),
                           output.mutable_data_ptr<scalar_t>());
    });
    context->save_for_backward({places, weights, sources});
    context->saved_data["shape"] = maps.sizes().vec();
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &places = saved[0], &weights = saved[1], &sources = saved[2];
    const at::Tensor gradient = gradients[0].contiguous();
    at::Tensor maps_gradient = at::zeros(context->saved_data["shape"].toIntVector(), gradient.options());
    const Extent extent = extent_of(maps_gradient, places, sources);
    AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "spread", [&] {
      spread_rows<scalar_t>(extent, maps_gradient.size(0), gradient.const_data_ptr<scalar_t>(),
                            places.const_data_ptr<int64_t>(), weights.const_data_ptr<scalar_t>(),
                            sources.const_data_ptr<int64_t>(), maps_gradient.mutable_data_ptr<scalar_t>());
    });
    return {maps_gradient, at::Tensor(), at::Tensor(), at::Tensor()};
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

at::Tensor SamplePoints::sources_or_own(const at::Tensor& sources) const {
  if (!sources.defined()) return at::arange(places_.size(0), places_.options());
  require(sources.size(0) == places_.size(0), "Expected sources for ", places_.size(0),
          " rows of points, got ", sources.size(0), ".");
  return sources.contiguous().view({-1});
}

at::Tensor SamplePoints::sample(const at::Tensor& maps, const at::Tensor& sources) const {
  return Blend::apply(maps, places_, weights_.to(maps.scalar_type()), sources_or_own(sources));
}

at::Tensor SamplePoints::sample_one_hot(const at::Tensor& classes, int64_t values,
                                        const at::Tensor& sources) const {
  const at::Tensor own = sources_or_own(sources);
  const int64_t rows = own.numel(), each = rows / places_.size(0);
  const auto repeated = [&](const at::Tensor& points) {
    return points.repeat_interleave(each, 0).view({rows, -1});  // [B * n, P * 4]
  };
  const at::Tensor read = classes.index_select(0, own).gather(1, repeated(places_));
  const at::Tensor weighted = at::one_hot(read, values).to(at::kFloat) * repeated(weights_).unsqueeze(2);
  return weighted.view({rows, -1, kNeighbors, values}).sum(2);
}

}  // namespace stego
