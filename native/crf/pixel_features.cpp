#include "crf/pixel_features.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace stego::crf {

namespace {

constexpr double kLargestKey = 32000;

}  // namespace

void check_size(int64_t height, int64_t width) {
  require(height >= 1 && width >= 1, "Expected a picture with at least one pixel, got ", width, " x ", height,
          ".");
}

void check_filter(const FilterOptions& options, int64_t height, int64_t width) {
  check_size(height, width);
  double largest[5] = {static_cast<double>(width - 1), static_cast<double>(height - 1), 255, 255, 255};
  double deviations[5] = {options.xy_std[0], options.xy_std[1]};
  const int dims = options.color_std ? 5 : 2;
  if (options.color_std) std::copy_n(options.color_std->begin(), 3, deviations + 2);
  for (int i = 0; i < dims; ++i) {
    const auto rounded = static_cast<float>(deviations[i]);
    require(std::isfinite(rounded) && rounded > 0, "Expected standard deviations above 0, got ",
            deviations[i], ".");
    largest[i] /= rounded;
  }
  const double bound = key_bound(largest, dims);
  require(bound <= kLargestKey, "Expected standard deviations that keep lattice coordinates within ",
          static_cast<int>(kLargestKey), ", but ", options.color_std ? "colors or positions" : "positions",
          " reach up to ", bound, ". Use larger standard deviations", " or a smaller picture.");
}

Features pixel_features(const ImageView& image, const FilterOptions& options) {
  const int64_t height = image.height, width = image.width;
  Features features(options.color_std ? 5 : 2, height * width);
  const auto x_std = static_cast<float>(options.xy_std[0]), y_std = static_cast<float>(options.xy_std[1]);
  at::parallel_for(0, height, 64, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < width; ++x) features.row(0)[y * width + x] = static_cast<float>(x) / x_std;
      std::fill_n(features.row(1) + y * width, width, static_cast<float>(y) / y_std);
    }
  });
  if (!options.color_std) return features;
  for (int c = 0; c < 3; ++c) {
    const auto deviation = static_cast<float>((*options.color_std)[c]);
    float scaled[256];
    for (int value = 0; value < 256; ++value) scaled[value] = static_cast<float>(value) / deviation;
    float* row = features.row(2 + c);
    for (int64_t p = 0; p < features.points; ++p) row[p] = scaled[image.data[3 * p + c]];
  }
  return features;
}

}  // namespace stego::crf
