#include "backbone/parts.h"

namespace stego {

namespace {

// The pixels of a part's patches, [B, 3, rows * side, columns * side].
at::Tensor pixels_of(const at::Tensor& images, const GridPart& part, int64_t side) {
  const at::Tensor patches =
      images.view({images.size(0), images.size(1), part.height, side, part.width, side});
  return part.of(patches, 2, 4)
      .reshape({images.size(0), images.size(1), part.rows() * side, part.columns() * side});
}

}  // namespace

at::Tensor use_in_parts(const VisionTransformer& backbone, const at::Tensor& images, int64_t max_patches,
                        const std::function<at::Tensor(const at::Tensor&)>& use, const CancelFlag& cancel) {
  const int64_t side = backbone.patch(), batch = images.size(0);
  const int64_t height = images.size(2) / side, width = images.size(3) / side;
  if (max_patches <= 0 || height * width <= max_patches) {
    return use(backbone.features(images, cancel)).view({batch, height, width, -1});
  }
  GridPart part = GridPart::whole(height, width);
  while (part.rows() * part.columns() > max_patches) ++part.step;
  at::Tensor result;
  for (part.top = 0; part.top < std::min(part.step, height); ++part.top) {
    for (part.left = 0; part.left < std::min(part.step, width); ++part.left) {
      cancel.poll();
      const at::Tensor values = use(backbone.features(pixels_of(images, part, side), part, cancel));
      if (!result.defined()) result = at::empty({batch, height, width, values.size(2)}, values.options());
      part.of(result, 1, 2).copy_(values.view({batch, part.rows(), part.columns(), -1}));
    }
  }
  return result;
}

}  // namespace stego
