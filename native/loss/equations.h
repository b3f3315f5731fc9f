#pragma once
#include "core/aten.h"
#include "loss/options.h"

namespace stego {

// Scales samples to unit length: x / max(|x|, 1e-10) over the last axis (modules.py norm).
at::Tensor normalize_samples(const at::Tensor& samples);

// Equation 1: [B, P, C] and [B, Q, C] to [B, P, Q].
at::Tensor correspondence(const at::Tensor& x, const at::Tensor& y);

// Equation 3: subtracts the mean over the partner's positions from each position; the official code adds the
// overall mean back.
at::Tensor center(const at::Tensor& F, Centering centering);

// max(S, 0) of equations 2 and 4, and the official `stabalize`, as the options say.
at::Tensor clamp_similarity(const at::Tensor& S, const LossOptions& options);

// Equations 2 to 4: the loss of every pair of positions, [B, P, Q], given feature correspondences F and code
// correspondences S.
at::Tensor pair_loss(const at::Tensor& F, const at::Tensor& S, double shift, const LossOptions& options);

}  // namespace stego
