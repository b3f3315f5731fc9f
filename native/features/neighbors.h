#pragma once
#include <optional>

#include "core/aten.h"

namespace stego {

struct Neighbors {
  at::Tensor indices;            // int32 [N, k], nearest first
  at::Tensor similarities;       // float32 [N, k]
  std::optional<double> recall;  // share of the true neighbors found, measured; nothing where all were
  int64_t decided = 0;           // pairs of which the cosine itself was computed
};

}  // namespace stego
