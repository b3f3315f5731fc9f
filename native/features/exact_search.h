#pragma once
#include "core/cancel.h"
#include "features/compared_rows.h"
#include "features/neighbors.h"

namespace stego {

// The k nearest rows of each row by cosine, all pairs compared, each once for both its rows: the pairs of
// blocks meet as in a round robin, so that no two threads have a block in common.
Neighbors search_exact(const UnitRows& rows, int64_t k, Products products, const CancelFlag& cancel);

}  // namespace stego
