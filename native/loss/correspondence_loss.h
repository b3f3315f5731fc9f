#pragma once
#include "core/aten.h"
#include "loss/draws.h"
#include "loss/options.h"
#include "loss/pairs.h"

namespace stego {

// Equation 5 (equations.cpp). Adds the gradient of the codes to `gradients`, which has the shapes of
// `codes.maps`.
CorrespondenceLoss correspondence_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                                       const LossOptions& options, PairMaps& gradients, PairDetails& details);

// The batch's centered F, whose distribution gives the automatic shifts.
FeatureCorrespondences feature_correspondences(const Teacher& teacher, const Draws& draws,
                                               const LossOptions& options);

}  // namespace stego
