#include "model/correspond.h"

#include "backbone/parts.h"
#include "core/describe.h"
#include "core/error.h"
#include "core/l2_normalize.h"
#include "loss/sampling.h"

namespace stego {

namespace {

constexpr double kEps = 1e-12;  // torch's F.normalize default, used by the official figure

// Features or codes of one picture on its patch grid.
struct PatchMap {
  at::Tensor tokens;  // [1, h*w, C]
  int64_t height, width;
};

PatchMap map_of(const VisionTransformer& backbone, const SegmentationHead* head, const ImageView& image,
                const Transform& transform, const CancelFlag& cancel) {
  const at::Tensor input = prepare_images({image}, transform, backbone.device(), cancel);
  const at::Tensor grid = use_in_parts(
      backbone, input, transform.max_patches,
      [&](const at::Tensor& features) { return head ? head->forward(features) : features; }, cancel);
  cancel.poll();
  return {grid.flatten(1, 2), grid.size(1), grid.size(2)};
}

// Heat maps [P, height, width] for unit queries [P, C].
at::Tensor heat(const at::Tensor& queries, const PatchMap& map, int64_t height, int64_t width,
                bool subtract_mean, const CancelFlag& cancel) {
  const at::Tensor unit = l2_normalize(map.tokens[0], kEps);  // [h*w, C]
  at::Tensor values = at::mm(queries, unit.t());              // [P, h*w]
  if (subtract_mean) values = (values - values.mean(1, /*keepdim=*/true)).clamp_min(0);
  const at::Tensor grids = values.view({-1, 1, map.height, map.width});
  at::Tensor result = at::empty({queries.size(0), height, width}, at::kFloat);
  for (int64_t i = 0; i < queries.size(0); ++i) {
    cancel.poll();
    result[i].copy_(
        at::upsample_bilinear2d(grids.narrow(0, i, 1), {height, width}, /*align_corners=*/true)[0][0]);
  }
  return result;
}

}  // namespace

HeatMaps correspond(const VisionTransformer& backbone, const SegmentationHead* head, const ImageView& image,
                    const std::optional<ImageView>& other, const at::Tensor& points,
                    const CorrespondOptions& options, const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  require(points.dim() == 2 && points.size(0) >= 1 && points.size(1) == 2 &&
              points.ge(-1).logical_and(points.le(1)).all().item<bool>(),
          "Expected at least one point as [points, 2] from -1 to 1, got ", described(points), ".");
  const PatchMap own = map_of(backbone, head, image, options.transform, cancel);
  const SamplePoints places(points.to(backbone.device()).view({1, 1, -1, 2}), own.height, own.width);
  const at::Tensor queries = l2_normalize(places.sample(own.tokens)[0], kEps);  // [P, C]
  HeatMaps maps{heat(queries, own, image.height, image.width, options.subtract_mean, cancel), {}};
  if (other) {
    const PatchMap partner = map_of(backbone, head, *other, options.transform, cancel);
    maps.other = heat(queries, partner, other->height, other->width, options.subtract_mean, cancel);
  }
  return maps;
}

}  // namespace stego
