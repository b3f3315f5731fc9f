#include "imaging/upsample.h"

namespace stego {

namespace {

// What some destination indices are read from, as tensors; source indices count from `origin`.
struct AxisPart {
  at::Tensor first, second, weight;

  AxisPart(const BilinearAxis& axis, int64_t begin, int64_t length, int64_t origin, at::Device device)
      : first(part(axis.first, begin, length).to(device) - origin),
        second(part(axis.second, begin, length).to(device) - origin),
        weight(part(axis.weight, begin, length).to(device)) {}

 private:
  template <typename Value>
  static at::Tensor part(const std::vector<Value>& values, int64_t begin, int64_t length) {
    return at::tensor(at::ArrayRef<Value>(values).slice(begin, length));
  }
};

}  // namespace

BilinearAxis::BilinearAxis(int64_t source, int64_t target) {
  const float scale = static_cast<float>(source) / static_cast<float>(target);
  for (int64_t i = 0; i < target; ++i) {
    const float place = std::max(0.0f, (static_cast<float>(i) + 0.5f) * scale - 0.5f);
    const int64_t index = std::min(static_cast<int64_t>(place), source - 1);
    first.push_back(index);
    second.push_back(std::min(index + 1, source - 1));
    weight.push_back(place - static_cast<float>(index));
  }
}

at::Tensor upsample_region(const GridWindow& grid, int64_t height, int64_t width, const Region& region) {
  const at::Device device = grid.values.device();
  const AxisPart y({grid.height, height}, region.top, region.height, grid.place.top, device);
  const AxisPart x({grid.width, width}, region.left, region.width, grid.place.left, device);
  const at::Tensor rows =
      at::lerp(grid.values.index_select(0, y.first), grid.values.index_select(0, y.second),
               y.weight.view({-1, 1, 1}));  // [rows, w, D]
  return at::lerp(rows.index_select(1, x.first), rows.index_select(1, x.second), x.weight.view({1, -1, 1}));
}

}  // namespace stego
