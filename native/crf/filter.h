#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "crf/kernels.h"
#include "crf/lattice.h"
#include "imaging/transform.h"

namespace stego::crf {

// Where the filtered number of neighbours of each point is divided out
// (docs/dense-crf-algorithm.md#normalization).
enum class Normalization { none, before, after, symmetric };

// What makes pixels alike: places, and colours where there are color_std. In pixels, and in steps of 8-bit
// channels in the order of the picture.
struct FilterOptions {
  std::array<double, 2> xy_std;
  std::optional<std::array<double, 3>> color_std;
  Normalization normalization = Normalization::symmetric;
};

// A Gaussian filter over the pixels of a picture, approximated on the permutohedral lattice. Normalisation
// and the lattice's constant are already in the lattice's weights.
struct Filter {
  Lattice lattice;

  // Filters rows [pixels, channels] up to the slice: `values` [vertices, channels] is what the vertices hold.
  void spread(const float* rows, float* values, int64_t channels, const Kernels& kernels) const;
};

// ERR_STEGO_ARGUMENT for a picture without pixels.
void check_size(int64_t height, int64_t width);

// ERR_STEGO_ARGUMENT unless deviations are positive numbers, and large enough that lattice coordinates stay
// within 16 bits, for a picture of this size.
void check_filter(const FilterOptions& options, int64_t height, int64_t width);

// The filter of a picture. One of places alone depends on the picture's size only: the last few are kept.
std::shared_ptr<const Filter> make_filter(const ImageView& image, const FilterOptions& options);

}  // namespace stego::crf
