#include "imaging/upsample.h"

namespace stego {

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

at::Tensor upsample_band(const at::Tensor& grid, int64_t height, int64_t width, int64_t row_begin,
                         int64_t row_end) {
  const BilinearAxis y(grid.size(0), height), x(grid.size(1), width);
  const auto part = [&](const auto& values, int64_t begin, int64_t end) {
    using Value = typename std::decay_t<decltype(values)>::value_type;
    return at::tensor(at::ArrayRef<Value>(values).slice(begin, end - begin)).to(grid.device());
  };
  const at::Tensor rows = at::lerp(grid.index_select(0, part(y.first, row_begin, row_end)),
                                   grid.index_select(0, part(y.second, row_begin, row_end)),
                                   part(y.weight, row_begin, row_end).view({-1, 1, 1}));  // [rows, w, D]
  return at::lerp(rows.index_select(1, part(x.first, 0, width)),
                  rows.index_select(1, part(x.second, 0, width)), part(x.weight, 0, width).view({1, -1, 1}));
}

}  // namespace stego
