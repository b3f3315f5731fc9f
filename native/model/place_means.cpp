#include "model/place_means.h"

#include <cstring>

#include "core/error.h"
#include "core/l2_normalize.h"

namespace stego {

namespace {

// The pixels of a view, [side, side, 3].
at::Tensor cut(const ImageView& image, const SquareView& view) {
  require(view.left >= 0 && view.top >= 0 && view.side >= 1 && view.left + view.side <= image.width &&
              view.top + view.side <= image.height,
          "Expected a view inside its picture.");
  at::Tensor pixels = at::empty({view.side, view.side, image.channels}, at::kByte);
  const int64_t bytes = view.side * image.channels;
  uint8_t* target = pixels.mutable_data_ptr<uint8_t>();
  for (int64_t row = 0; row < view.side; ++row) {
    const int64_t first = (view.top + row) * image.width + view.left;
    std::memcpy(target + row * bytes, image.data + first * image.channels, bytes);
  }
  return pixels;
}

at::Tensor prepare_views(const std::vector<ImageView>& images, const std::vector<SquareView>& views,
                         const Transform& transform, const at::Device& device, const CancelFlag& cancel) {
  require(views.size() == images.size(), "Expected one view for each picture, got ", views.size(), " for ",
          images.size(), ".");
  std::vector<at::Tensor> prepared;
  for (size_t i = 0; i < images.size(); ++i) {
    const at::Tensor pixels = cut(images[i], views[i]);
    const ImageView square{pixels.const_data_ptr<uint8_t>(), views[i].side, views[i].side, 3};
    const at::Tensor turned =
        at::rot90(prepare_images({square}, transform, device, cancel)[0], views[i].turns, {1, 2});
    prepared.push_back(views[i].mirrored ? turned.flip({2}) : turned);  // [3, R, R]
  }
  return at::stack(prepared);
}

}  // namespace

at::Tensor sum_units(const VisionTransformer& backbone, const std::vector<ImageView>& images,
                     const std::optional<std::vector<SquareView>>& views, const Transform& transform,
                     const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  const at::Tensor input = views ? prepare_views(images, *views, transform, backbone.device(), cancel)
                                 : prepare_images(images, transform, backbone.device(), cancel);
  const at::Tensor units = l2_normalize(backbone.features(input, cancel), 1e-12);  // [B, h*w, C]
  const int64_t patch = backbone.patch();
  return units.sum(0).view({input.size(2) / patch, input.size(3) / patch, units.size(2)});
}

}  // namespace stego
