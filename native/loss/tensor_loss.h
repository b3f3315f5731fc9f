#pragma once
#include "loss/options.h"
#include "loss/pairs.h"

namespace stego {

// correspondence_loss() by libtorch's operators, with the explicit gradient: two batched products forward and
// two backward for each slot, and one tensor of its pairs at a time.
CorrespondenceLoss tensor_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                               const LossOptions& options, PairMaps& gradients, PairDetails& details);

// feature_correspondences() likewise.
FeatureCorrespondences tensor_feature_correspondences(const Teacher& teacher, const Draws& draws,
                                                      const LossOptions& options);

}  // namespace stego
