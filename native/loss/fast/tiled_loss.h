#pragma once
#include "loss/options.h"
#include "loss/pairs.h"

namespace stego {

// correspondence_loss() on a CPU: each map is read once for all its samplers, no tensor of all pairs exists
// unless the details request one, and the gradient is explicit.
CorrespondenceLoss tiled_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                              const LossOptions& options, PairMaps& gradients, PairDetails& details);

// feature_correspondences() with the same sampling.
FeatureCorrespondences tiled_feature_correspondences(const Teacher& teacher, const Draws& draws,
                                                     const LossOptions& options);

}  // namespace stego
