#pragma once
#include "core/aten.h"
#include "core/cancel.h"

namespace stego {

struct Neighbors {
  at::Tensor indices;       // int32 [N, k], nearest first
  at::Tensor similarities;  // float32 [N, k]
};

// Exact cosine neighbours among the rows of `vectors` [N, C]. A row is never its own neighbour: it is
// excluded by identity, not by rank, so duplicates are found. Ties go to the lower index. k < N.
Neighbors nearest_neighbors(const at::Tensor& vectors, int64_t k, const CancelFlag& cancel);

}  // namespace stego
