#pragma once
#include <cstdint>
#include <memory>

#include "crf/fast/kernels.h"
#include "crf/lattice.h"
#include "crf/problem.h"

namespace stego::crf {

// A Gaussian filter over a picture's pixels, approximated on the permutohedral lattice. The lattice's weights
// include normalization and the lattice's constant.
struct Filter {
  Lattice lattice;

  // Filters rows [pixels, channels] up to the slice; `values` [vertices, channels] receives the vertices'
  // values. Polls all along.
  void spread(const float* rows, float* values, int64_t channels, const Kernels& kernels,
              const CancelFlag& cancel) const;
};

// A picture's filter. Position-only filters depend only on the picture's size; the most recent ones are
// cached.
std::shared_ptr<const Filter> make_filter(const ImageView& image, const FilterOptions& options,
                                          const CancelFlag& cancel);

}  // namespace stego::crf
