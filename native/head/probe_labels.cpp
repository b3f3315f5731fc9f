#include "head/probe_labels.h"

#include <array>

#include "core/error.h"
#include "core/parallel.h"

namespace stego {

namespace {

// Adds every labeled pixel's weights to `own_class` [classes, h*w] and returns the number of labeled pixels.
int64_t add_pixels(const ProbeLabels& labels, const uint8_t* map, float* own_class) {
  const BilinearAxis rows(labels.grid_height, labels.height), columns(labels.grid_width, labels.width);
  const int64_t places = labels.grid_height * labels.grid_width;
  int64_t valid = 0;
  for (int64_t y = 0; y < labels.height; ++y) {
    const int64_t above = rows.first[y] * labels.grid_width, below = rows.second[y] * labels.grid_width;
    const float down = rows.weight[y];
    for (int64_t x = 0; x < labels.width; ++x, ++map) {
      if (*map >= labels.classes) continue;
      ++valid;
      float* target = own_class + *map * places;
      const int64_t left = columns.first[x], right = columns.second[x];
      const float across = columns.weight[x];
      target[above + left] += (1 - down) * (1 - across);
      target[above + right] += (1 - down) * across;
      target[below + left] += down * (1 - across);
      target[below + right] += down * across;
    }
  }
  return valid;
}

}  // namespace

ProbeLabels read_probe_labels(const std::vector<at::Tensor>& labels, int64_t classes, int64_t grid_height,
                              int64_t grid_width) {
  ProbeLabels result{{}, 0, classes, 0, 0, grid_height, grid_width};
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!labels[i].defined()) continue;
    if (result.images.empty()) {
      result.height = labels[i].size(0);
      result.width = labels[i].size(1);
    }
    require(labels[i].size(0) == result.height && labels[i].size(1) == result.width,
            "Expected all label maps in a batch to have the same size.");
    result.images.push_back({i, labels[i], at::zeros({classes, grid_height * grid_width}, at::kFloat)});
  }
  std::vector<int64_t> valid(result.images.size());
  parallel_each(static_cast<int64_t>(valid.size()), [&](int64_t i) {
    const ProbeLabels::Image& image = result.images[i];
    valid[i] =
        add_pixels(result, image.map.const_data_ptr<uint8_t>(), image.own_class.mutable_data_ptr<float>());
  });
  for (const int64_t count : valid) result.valid += count;
  return result;
}

}  // namespace stego
