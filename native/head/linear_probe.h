#pragma once
#include <vector>

#include "core/aten.h"
#include "head/pointwise.h"
#include "head/probe_labels.h"

namespace stego {

// Cross-entropy of a linear probe whose logits are enlarged to the label map (train_segmentation.py), with
// its gradient. The probe sees detached codes, so the gradient stops at its own weights and needs no graph.
struct ProbeLoss {
  double loss;  // mean over labeled pixels; if there are none, loss and gradients are zero
  at::Tensor weight_gradient, bias_gradient;
};

// maps: codes [h*w, D] of each image in the batch that the labels belong to.
ProbeLoss linear_probe_loss(const Pointwise& probe, const std::vector<at::Tensor>& maps,
                            const ProbeLabels& labels);

}  // namespace stego
