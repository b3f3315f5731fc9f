#pragma once
#include <vector>

#include "imaging/region.h"

namespace stego {

// A tile of a picture: `whole` is what is computed, `core` the part of it that is used. The cores cover the
// picture without overlap; the margin between them and the tiles' sides is at least `margin`, or reaches the
// picture's side.
struct Tile {
  Region core, whole;
};

// The picture as one tile if it has at most `side` squared pixels, else tiles of at most `side` by `side`
// with cores of about equal size.
std::vector<Tile> divide_into_tiles(int64_t height, int64_t width, int64_t side, int64_t margin);

}  // namespace stego
