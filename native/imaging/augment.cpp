#include "imaging/augment.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "imaging/normalize.h"

namespace stego {

namespace {

constexpr int64_t kBlurSide = 5;

double draw(double low, double high, at::Generator& generator) {
  return at::empty({}, at::kDouble).uniform_(low, high, generator).item<double>();
}

bool chance(double probability, at::Generator& generator) {
  return draw(0, 1, generator) < probability;
}

// The part of a picture that a view shows.
struct Part {
  int64_t top, left, height, width;
};

// Draws area and aspect like torchvision's RandomResizedCrop, with the aspect between 3/4 and 4/3.
Part draw_part(int64_t height, int64_t width, double smallest_area, at::Generator& generator) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = draw(smallest_area, 1, generator) * static_cast<double>(height * width);
    const double aspect = std::exp(draw(std::log(3.0 / 4), std::log(4.0 / 3), generator));
    const auto w = static_cast<int64_t>(std::llround(std::sqrt(area * aspect)));
    const auto h = static_cast<int64_t>(std::llround(std::sqrt(area / aspect)));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const auto offset = [&](int64_t room) {
      return std::min(room, static_cast<int64_t>(draw(0, static_cast<double>(room + 1), generator)));
    };
    const int64_t top = offset(height - h);
    return {top, offset(width - w), h, w};
  }
  return {0, 0, height, width};
}

// planes [C, H, W]: mirrored, cropped, enlarged to the original size.
at::Tensor change_geometry(const at::Tensor& planes, bool mirror, const Part& part) {
  const at::Tensor turned = mirror ? planes.flip(2) : planes;
  const at::Tensor shown =
      turned.narrow(1, part.top, part.height).narrow(2, part.left, part.width).unsqueeze(0).contiguous();
  return at::upsample_bilinear2d(shown, {planes.size(1), planes.size(2)}, /*align_corners=*/false)[0];
}

at::Tensor luminance(const at::Tensor& rgb) {
  return (rgb[0] * 0.2989 + rgb[1] * 0.587 + rgb[2] * 0.114).unsqueeze(0);  // [1, H, W]
}

at::Tensor blend(const at::Tensor& rgb, const at::Tensor& other, double factor) {
  return (rgb * factor + other * (1 - factor)).clamp(0, 1);
}

// Rotates colors by a fraction of the color circle, via hue, saturation and value.
at::Tensor turn_hue(const at::Tensor& rgb, double turn) {
  const at::Tensor value = rgb.amax(0), chroma = value - rgb.amin(0);
  const at::Tensor divisor = at::where(chroma == 0, at::ones_like(chroma), chroma);
  const at::Tensor red = (value - rgb[0]) / divisor, green = (value - rgb[1]) / divisor,
                   blue = (value - rgb[2]) / divisor;
  const at::Tensor sixth =
      at::where(rgb[0] == value, blue - green, at::where(rgb[1] == value, 2 + red - blue, 4 + green - red));
  const at::Tensor hue = (sixth / 6 + turn).remainder(1) * 6;
  std::vector<at::Tensor> planes;
  for (const double phase : {5.0, 3.0, 1.0}) {  // red, green, blue
    const at::Tensor k = (hue + phase).remainder(6);
    planes.push_back(value - chroma * at::minimum(k, 4 - k).clamp(0, 1));
  }
  return at::stack(planes).clamp(0, 1);
}

at::Tensor blur(const at::Tensor& rgb, double sigma) {
  const at::Tensor places = at::arange(kBlurSide, at::kFloat) - (kBlurSide - 1) / 2.0;
  const at::Tensor bell = at::exp(-places.square() / (2 * sigma * sigma));
  const at::Tensor kernel = (bell / bell.sum()).view({1, 1, 1, kBlurSide});
  const int64_t margin = kBlurSide / 2;
  const at::Tensor padded =
      at::reflection_pad2d(rgb.unsqueeze(1), {margin, margin, margin, margin});  // [3, 1, H + 4, W + 4]
  return at::conv2d(at::conv2d(padded, kernel), kernel.transpose(2, 3)).squeeze(1);
}

at::Tensor change_colors(at::Tensor rgb, const AugmentOptions& options, at::Generator& generator) {
  const auto factor = [&](double range) { return draw(std::max(0.0, 1 - range), 1 + range, generator); };
  const double brightness = factor(options.brightness), contrast = factor(options.contrast),
               saturation = factor(options.saturation), hue = draw(-options.hue, options.hue, generator);
  const at::Tensor order = at::randperm(4, generator, at::kLong);
  for (int64_t i = 0; i < 4; ++i) {
    switch (order[i].item<int64_t>()) {
      case 0:
        rgb = blend(rgb, at::zeros_like(rgb), brightness);
        break;
      case 1:
        rgb = blend(rgb, luminance(rgb).mean(), contrast);
        break;
      case 2:
        rgb = blend(rgb, luminance(rgb), saturation);
        break;
      default:
        rgb = turn_hue(rgb, hue);
    }
  }
  if (chance(options.gray, generator)) rgb = luminance(rgb).expand({3, -1, -1});
  if (chance(options.blur, generator)) rgb = blur(rgb, draw(0.1, 2.0, generator));
  return rgb;
}

// (row, column) of each pixel in [-1, 1]: [2, H, W].
at::Tensor pixel_coordinates(int64_t height, int64_t width) {
  const at::Tensor rows = at::linspace(-1, 1, height, at::kFloat).view({height, 1}).expand({height, width});
  const at::Tensor columns = at::linspace(-1, 1, width, at::kFloat).view({1, width}).expand({height, width});
  return at::stack({rows, columns});
}

}  // namespace

AugmentedViews augment(const std::vector<ImageView>& images, const Transform& transform,
                       const AugmentOptions& options, at::Generator generator) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> views, coordinates;
  for (const ImageView& image : images) {
    require(image.channels == 3, "Expected RGB images with 3 channels, got ", image.channels, ".");
    const at::Tensor bytes = transform_bytes(image, map_pixels(image.height, image.width, transform));
    const at::Tensor rgb = bytes.permute({2, 0, 1}).to(at::kFloat) / 255;  // [3, H, W]
    const int64_t height = rgb.size(1), width = rgb.size(2);
    const bool mirror = chance(options.mirror, generator);
    const Part part = draw_part(height, width, options.smallest_area, generator);
    const at::Tensor shown = change_geometry(rgb, mirror, part);
    views.push_back(normalize_unit(change_colors(shown, options, generator)));
    coordinates.push_back(change_geometry(pixel_coordinates(height, width), mirror, part).permute({1, 2, 0}));
  }
  return {at::stack(views), at::stack(coordinates)};
}

}  // namespace stego
