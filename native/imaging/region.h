#pragma once
#include <cstdint>

namespace stego {

// A rectangle of a picture or a grid.
struct Region {
  int64_t top, left, height, width;
};

}  // namespace stego
