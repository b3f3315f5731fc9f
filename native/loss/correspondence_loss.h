#pragma once
#include "core/aten.h"
#include "loss/draws.h"
#include "loss/options.h"
#include "loss/pairs.h"

namespace stego {

// Scales samples to unit length: x / max(|x|, 1e-10) over the last axis (modules.py norm).
at::Tensor normalize_samples(const at::Tensor& samples);

// Equation 1: [B, P, C] and [B, Q, C] to [B, P, Q].
at::Tensor correspondence(const at::Tensor& x, const at::Tensor& y);

// Equations 2 to 4: the loss of every pair of positions, [B, P, Q], given feature correspondences F and code
// correspondences S.
at::Tensor pair_loss(const at::Tensor& F, const at::Tensor& S, double shift, const LossOptions& options);

// Equation 5. Adds the gradient of the codes to `gradients`, which has the shapes of `codes.maps`.
CorrespondenceLoss correspondence_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                                       const LossOptions& options, PairMaps& gradients, PairDetails& details);

// The batch's centered F, whose distribution gives the automatic shifts.
FeatureCorrespondences feature_correspondences(const Teacher& teacher, const Draws& draws,
                                               const LossOptions& options);

}  // namespace stego
