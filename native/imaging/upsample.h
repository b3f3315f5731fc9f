#pragma once
#include <algorithm>
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "imaging/region.h"

namespace stego {

// Bilinear enlargement along one axis (align_corners False): the two source indices of each destination
// index, and the weight of the second.
struct BilinearAxis {
  std::vector<int64_t> first, second;
  std::vector<float> weight;
  BilinearAxis(int64_t source, int64_t target);
};

// A grid [height, width, D] of which only the values at a region are there, [place.height, place.width, D].
struct GridWindow {
  at::Tensor values;
  Region place;
  int64_t height, width;

  static GridWindow whole(const at::Tensor& grid) {
    return {grid, {0, 0, grid.size(0), grid.size(1)}, grid.size(0), grid.size(1)};
  }
};

// A region of the grid enlarged bilinearly to height x width (align_corners False): [region.height,
// region.width, D]. The window must hold what the region is read from.
at::Tensor upsample_region(const GridWindow& grid, int64_t height, int64_t width, const Region& region);

// Calls `use(row, band)` for bands of a region of the enlarged grid, each at most about 32 MB, with each
// band's first row within the region. Working in bands avoids holding the whole enlarged picture in memory.
template <typename Use>
void for_each_band(const GridWindow& grid, int64_t height, int64_t width, const Region& region,
                   const CancelFlag& cancel, Use use) {
  const int64_t row_bytes =
      region.width * grid.values.size(2) * static_cast<int64_t>(grid.values.element_size());
  const int64_t rows = std::max<int64_t>(1, (32 << 20) / std::max<int64_t>(1, row_bytes));
  for (int64_t row = 0; row < region.height; row += rows) {
    cancel.poll();
    const Region band{region.top + row, region.left, std::min(rows, region.height - row), region.width};
    use(row, upsample_region(grid, height, width, band));
  }
}

}  // namespace stego
