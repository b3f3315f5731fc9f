#pragma once
#include "crf/problem.h"
#include "crf/simplices.h"

namespace stego::crf {

// Throws ERR_STEGO_ARGUMENT for an empty picture.
void check_size(int64_t height, int64_t width);

// Throws ERR_STEGO_ARGUMENT unless deviations are positive numbers and large enough that lattice coordinates
// stay within 16 bits for a picture of this size.
void check_filter(const FilterOptions& options, int64_t height, int64_t width);

// The features by which the kernel compares pixels (step 1): positions and colors, divided by their
// deviations.
Features pixel_features(const ImageView& image, const FilterOptions& options);

}  // namespace stego::crf
