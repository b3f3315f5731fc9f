#pragma once
#include <optional>

#include "core/aten.h"

namespace stego {

struct Neighbors {
  at::Tensor indices;            // int32 [N, k], nearest first
  at::Tensor similarities;       // float32 [N, k]
  std::optional<double> recall;  // measured share of the true neighbors found; empty if the search was exact
  int64_t decided = 0;           // pairs whose exact cosine was computed
};

}  // namespace stego
