#include "loss/contrastive_crf.h"

#include "loss/equations.h"

namespace stego {

namespace {

// Squared distances of all pairs of rows: [.., n, D] -> [.., n, n].
at::Tensor squared_distances(const at::Tensor& points) {
  return (points.unsqueeze(-2) - points.unsqueeze(-3)).square().sum(-1);
}

}  // namespace

at::Tensor contrastive_crf_loss(const at::Tensor& pictures, const at::Tensor& codes, const at::Tensor& places,
                                const ContrastiveCrfOptions& options) {
  const int64_t width = pictures.size(2);
  const at::Tensor place = places[0] * width + places[1];  // [n]
  const auto pick = [&](const at::Tensor& map) { return map.flatten(1, 2).index_select(1, place); };
  at::Tensor kernel;
  {
    const at::NoGradGuard no_grad;
    const at::Tensor near = squared_distances(places.t().to(at::kFloat));  // [n, n]
    const at::Tensor alike = squared_distances(pick(pictures));            // [B, n, n]
    kernel = options.bilateral * at::exp(-near / (2 * options.alpha) - alike / (2 * options.beta)) +
             options.gaussian * at::exp(-near / (2 * options.gamma)) - options.shift;
  }
  const at::Tensor drawn = pick(codes);  // [B, n, dim]
  return -(at::bmm(drawn, drawn.transpose(1, 2)) * kernel);
}

at::Tensor contrastive_crf_term(const at::Tensor& pictures, const at::Tensor& codes, int64_t grid_height,
                                int64_t grid_width, const at::Tensor& places,
                                const ContrastiveCrfOptions& options) {
  const at::Tensor map =
      codes.transpose(1, 2).reshape({codes.size(0), codes.size(2), grid_height, grid_width});
  const at::Tensor enlarged =
      at::upsample_bilinear2d(map, {pictures.size(1), pictures.size(2)}, /*align_corners=*/false);
  const at::Tensor unit = normalize_samples(enlarged.permute({0, 2, 3, 1}));
  return contrastive_crf_loss(pictures, unit, places, options).mean();
}

}  // namespace stego
