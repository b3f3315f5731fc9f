#pragma once
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "crf/dense_crf.h"

namespace stego {

// STEGO's dense CRF (docs/dense-crf-algorithm.md, step 13) on the pictures of a batch [B, 3, H, W],
// normalized as the network takes it: for each its refined sets of log-probabilities [K, H, W]. The CRF sees
// the batch's own pixels, un-normalized, truncated to bytes, in the order BGR. The sets of one picture share
// its lattices and are filtered side by side.
std::vector<std::vector<crf::Refined>> refine_pictures(
    const at::Tensor& batch, const std::vector<std::vector<at::Tensor>>& log_probabilities,
    const CancelFlag& cancel);

}  // namespace stego
