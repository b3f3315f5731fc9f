#pragma once
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "crf/dense_crf.h"

namespace stego {

// Runs STEGO's dense CRF (docs/dense-crf-algorithm.md, step 13) on the pictures of a batch [B, 3, H, W],
// normalized for the network. Returns the refined sets of log-probabilities [K, H, W] of each. The CRF sees
// the batch's own pixels, denormalized and truncated to bytes, in BGR order. A picture's sets share its
// lattices and are filtered side by side.
std::vector<std::vector<crf::Refined>> refine_pictures(
    const at::Tensor& batch, const std::vector<std::vector<at::Tensor>>& log_probabilities,
    const CancelFlag& cancel);

}  // namespace stego
