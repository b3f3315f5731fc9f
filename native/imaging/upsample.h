#pragma once
#include <algorithm>
#include <vector>

#include "core/aten.h"

namespace stego {

// Bilinear enlargement along one axis (align_corners False): the two source indices of each destination
// index, and the weight of the second.
struct BilinearAxis {
  std::vector<int64_t> first, second;
  std::vector<float> weight;
  BilinearAxis(int64_t source, int64_t target);
};

// Enlarges rows [row_begin, row_end) of a grid [h, w, D] bilinearly to height x width (align_corners False):
// [row_end - row_begin, width, D]. Working in bands avoids holding the whole enlarged picture in memory.
at::Tensor upsample_band(const at::Tensor& grid, int64_t height, int64_t width, int64_t row_begin,
                         int64_t row_end);

// Calls `use(row_begin, band)` for bands of the enlarged grid, each at most about 32 MB.
template <typename Use>
void for_each_band(const at::Tensor& grid, int64_t height, int64_t width, Use use) {
  const int64_t row_bytes = width * grid.size(2) * static_cast<int64_t>(grid.element_size());
  const int64_t rows = std::max<int64_t>(1, (32 << 20) / std::max<int64_t>(1, row_bytes));
  for (int64_t begin = 0; begin < height; begin += rows) {
    const int64_t end = std::min(height, begin + rows);
    use(begin, upsample_band(grid, height, width, begin, end));
  }
}

}  // namespace stego
