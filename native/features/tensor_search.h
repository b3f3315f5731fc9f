#pragma once
#include "core/cancel.h"
#include "features/neighbors.h"
#include "features/unit_rows.h"

namespace stego {

// search_exact() by libtorch's operators, on the device of `vectors` [N, C]: float32 products of blocks of
// rows with all rows, the best of each row, and a bound on their error; the exact cosines of `rows`, the same
// vectors on the CPU, decide what the bound leaves open. So the neighbors are those of search_exact().
Neighbors search_by_products(const at::Tensor& vectors, const UnitRows& rows, int64_t k,
                             const CancelFlag& cancel);

}  // namespace stego
