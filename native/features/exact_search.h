#pragma once
#include "core/cancel.h"
#include "features/compared_rows.h"
#include "features/neighbors.h"

namespace stego {

// The k nearest rows of each row by cosine. Compares each pair once, for both of its rows; pairs of blocks
// are scheduled round-robin, so that no two threads share a block.
Neighbors search_exact(const UnitRows& rows, int64_t k, Products products, const CancelFlag& cancel);

}  // namespace stego
