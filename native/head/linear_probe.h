#pragma once
#include <vector>

#include "core/aten.h"
#include "head/pointwise.h"

namespace stego {

// Cross-entropy of a linear probe whose logits are enlarged to the label map (train_segmentation.py), with
// its gradient. The probe sees detached codes, so its gradient ends at its own weights and needs no graph.
struct ProbeLoss {
  double loss;    // mean over labelled pixels
  int64_t valid;  // number of labelled pixels; with none, loss and gradients are zero
  at::Tensor weight_gradient, bias_gradient;
};

// maps: codes [h*w, D] of each image; labels: for each a uint8 map [H, W], or an undefined tensor where it
// has none; values at or above the number of classes are void.
ProbeLoss linear_probe_loss(const Pointwise& probe, const std::vector<at::Tensor>& maps, int64_t grid_height,
                            int64_t grid_width, const std::vector<at::Tensor>& labels);

}  // namespace stego
