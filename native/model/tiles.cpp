#include "model/tiles.h"

#include <algorithm>

namespace stego {

namespace {

// Parts of one side: begin and length of a core and of the tile around it.
struct Part {
  int64_t core_begin, core_length, begin, length;
};

std::vector<Part> divide(int64_t length, int64_t side, int64_t margin) {
  if (length <= side) return {{0, length, 0, length}};
  const int64_t most = side - 2 * margin, count = (length + most - 1) / most;
  std::vector<Part> parts;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t begin = length * i / count, end = length * (i + 1) / count;
    const int64_t first = std::max<int64_t>(0, begin - margin), last = std::min(length, end + margin);
    parts.push_back({begin, end - begin, first, last - first});
  }
  return parts;
}

}  // namespace

std::vector<Tile> divide_into_tiles(int64_t height, int64_t width, int64_t side, int64_t margin) {
  const Region all{0, 0, height, width};
  if (height * width <= side * side) return {{all, all}};
  std::vector<Tile> tiles;
  for (const Part& y : divide(height, side, margin)) {
    for (const Part& x : divide(width, side, margin)) {
      tiles.push_back({{y.core_begin, x.core_begin, y.core_length, x.core_length},
                       {y.begin, x.begin, y.length, x.length}});
    }
  }
  return tiles;
}

}  // namespace stego
