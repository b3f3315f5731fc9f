#pragma once
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "features/compared_rows.h"

namespace stego {

// The center nearest to each of some rows, equals by index. `order` as in ComparedRows; centers: [K, C].
struct Assignment {
  std::vector<int32_t> center;  // of each position, undefined in padding
  std::vector<float> cosine;
};
Assignment assign(const ComparedRows& rows, const ComparedRows& centers, const CancelFlag& cancel);

// Unit centers [clusters, C] of spherical k-means on the rows at places `sample`, which are at least as many:
// the first of them are the first centers, a cluster that dies takes the row farthest from its own. For
// thousands of clusters, where k-means++ and memberships as a matrix (clustering/kmeans.h) are too slow; the
// same result for every number of threads.
at::Tensor fit_centers(const UnitRows& rows, const std::vector<int32_t>& sample, int64_t clusters,
                       int64_t iterations, const Quantization& quantization, const CancelFlag& cancel);

}  // namespace stego
