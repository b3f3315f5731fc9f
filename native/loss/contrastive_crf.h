#pragma once
#include "core/aten.h"
#include "loss/options.h"

namespace stego {

// Pulls together the codes of pixels that are close and similar in color (modules.py ContrastiveCRFLoss):
//
//   kernel_ab = w1 exp(-|p_a - p_b|^2 / (2 alpha) - |I_a - I_b|^2 / (2 beta))
//             + w2 exp(-|p_a - p_b|^2 / (2 gamma))
//   loss_ab   = -(kernel_ab - shift) <code_a, code_b>
//
// pictures [B, H, W, 3] and codes [B, H, W, dim] on the same grid; places [2, n]: rows and columns of the
// drawn pixels, shared by the batch. Duplicates and a = b count. Returns [B, n, n].
at::Tensor contrastive_crf_loss(const at::Tensor& pictures, const at::Tensor& codes, const at::Tensor& places,
                                const ContrastiveCrfOptions& options);

// The term as used in training: the mean, with codes [B, h*w, dim] enlarged to the pictures' grid and then
// normalized.
at::Tensor contrastive_crf_term(const at::Tensor& pictures, const at::Tensor& codes, int64_t grid_height,
                                int64_t grid_width, const at::Tensor& places,
                                const ContrastiveCrfOptions& options);

}  // namespace stego
