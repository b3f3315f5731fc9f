#pragma once
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "features/compared_rows.h"

namespace stego {

// The center nearest to each of some rows; ties go by index. `order` as in ComparedRows; centers: [K, C].
struct Assignment {
  std::vector<int32_t> center;  // for each position, undefined in padding
  std::vector<float> cosine;
};
Assignment assign(const ComparedRows& rows, const ComparedRows& centers, const CancelFlag& cancel);

// Unit centers [clusters, C] of spherical k-means on the rows at positions `sample`, at least `clusters` of
// them. The first ones are the initial centers; an empty cluster takes the row farthest from its own center.
// For thousands of clusters, for which k-means++ and a membership matrix (clustering/kmeans.h) are too slow.
// The result is the same for any number of threads.
at::Tensor fit_centers(const UnitRows& rows, const std::vector<int32_t>& sample, int64_t clusters,
                       int64_t iterations, const Quantization& quantization, const CancelFlag& cancel);

}  // namespace stego
