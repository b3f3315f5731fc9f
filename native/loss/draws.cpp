#include "loss/draws.h"

#include "core/error.h"

namespace stego {

namespace {

constexpr double kSalientShare = 0.9;

// Every position of the grid, as coordinates for the transposing sampler: [batch, width, height, 2].
at::Tensor grid_coordinates(int64_t batch, int64_t height, int64_t width) {
  const at::Tensor x = at::linspace(-1, 1, width, at::kFloat).view({width, 1}).expand({width, height});
  const at::Tensor y = at::linspace(-1, 1, height, at::kFloat).view({1, height}).expand({width, height});
  return at::stack({x, y}, -1).unsqueeze(0).expand({batch, width, height, 2}).contiguous();
}

}  // namespace

at::Tensor draw_coordinates(int64_t batch, int64_t samples, at::Generator generator) {
  return at::empty({batch, samples, samples, 2}, at::kFloat).uniform_(-1, 1, generator);
}

at::Tensor draw_salient_coordinates(const at::Tensor& mask, int64_t samples, at::Generator generator) {
  require(mask.dim() == 3, "Expected salience masks [B, H, W], got ", mask.dim(), " axes.");
  const int64_t batch = mask.size(0), height = mask.size(1), width = mask.size(2), count = samples * samples;
  at::Tensor coordinates = at::empty({batch, count, 2}, at::kFloat);
  for (int64_t image = 0; image < batch; ++image) {
    const at::Tensor salient = mask[image].view({-1}).nonzero().view({-1});  // [n] places
    const int64_t choices = salient.numel() > 0 ? salient.numel() : height * width;
    const at::Tensor drawn = at::randint(choices, {count}, generator, at::kLong);
    const at::Tensor place = salient.numel() > 0 ? salient.index_select(0, drawn) : drawn;
    coordinates[image].select(1, 0).copy_(place.remainder(width).to(at::kFloat) * (2.0 / width) - 1);
    coordinates[image].select(1, 1).copy_(place.floor_divide(width).to(at::kFloat) * (2.0 / height) - 1);
  }
  const at::Tensor uniform = draw_coordinates(batch, samples, generator);
  const at::Tensor chosen =
      at::empty({batch, samples, samples, 1}, at::kFloat).uniform_(0, 1, generator) < kSalientShare;
  return at::where(chosen, coordinates.view(uniform.sizes()), uniform);
}

at::Tensor shift_fixed_points(const at::Tensor& permutation) {
  const at::Tensor places = at::arange(permutation.size(0), permutation.options());
  return (permutation + (permutation == places)).remainder(permutation.size(0));
}

at::Tensor draw_negatives(int64_t batch, Negatives negatives, at::Generator generator) {
  if (negatives == Negatives::official || batch < 2) {
    return shift_fixed_points(at::randperm(batch, generator, at::kLong));
  }
  const at::Tensor places = at::arange(batch, at::kLong);
  for (;;) {  // a permutation has no fixed point with probability 1/e
    const at::Tensor permutation = at::randperm(batch, generator, at::kLong);
    if (!(permutation == places).any().item<bool>()) return permutation;
  }
}

Draws draw_positions(int64_t batch, int64_t height, int64_t width, const LossOptions& options,
                     const Salience& salience, at::Generator generator) {
  const int64_t samples = options.feature_samples;
  const auto draw = [&](const at::Tensor& mask) {
    if (samples == 0) return grid_coordinates(batch, height, width);
    return mask.defined() ? draw_salient_coordinates(mask, samples, generator)
                          : draw_coordinates(batch, samples, generator);
  };
  Draws draws;
  draws.coordinates1 = draw(salience.images);
  draws.coordinates2 = draw(salience.positives);
  std::vector<at::Tensor> negatives;
  for (int64_t i = 0; i < options.negative_samples; ++i)
    negatives.push_back(draw_negatives(batch, options.negatives, generator));
  draws.negatives = negatives.empty() ? at::empty({0, batch}, at::kLong) : at::stack(negatives);
  if (options.crf.weight > 0) {
    draws.crf_places = at::randint(kCrfSide, {2, options.crf.samples}, generator, at::kLong);
  }
  return draws;
}

}  // namespace stego
