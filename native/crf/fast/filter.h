#pragma once
#include <cstdint>
#include <memory>

#include "crf/fast/kernels.h"
#include "crf/lattice.h"
#include "crf/problem.h"

namespace stego::crf {

// A Gaussian filter over the pixels of a picture, approximated on the permutohedral lattice. Normalization
// and the lattice's constant are already in the lattice's weights.
struct Filter {
  Lattice lattice;

  // Filters rows [pixels, channels] up to the slice: `values` [vertices, channels] is what the vertices hold.
  void spread(const float* rows, float* values, int64_t channels, const Kernels& kernels) const;
};

// The filter of a picture. One of places alone depends on the picture's size only: the last few are kept.
std::shared_ptr<const Filter> make_filter(const ImageView& image, const FilterOptions& options);

}  // namespace stego::crf
