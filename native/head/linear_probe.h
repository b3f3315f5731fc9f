#pragma once
#include <vector>

#include "core/aten.h"
#include "head/pointwise.h"
#include "head/probe_labels.h"

namespace stego {

// Cross-entropy of a linear probe whose logits are enlarged to the label map (train_segmentation.py), with
// its gradient. The probe sees detached codes, so its gradient ends at its own weights and needs no graph.
struct ProbeLoss {
  double loss;  // mean over labeled pixels; without any, loss and gradients are zero
  at::Tensor weight_gradient, bias_gradient;
};

// maps: codes [h*w, D] of each image of the batch that the labels are of.
ProbeLoss linear_probe_loss(const Pointwise& probe, const std::vector<at::Tensor>& maps,
                            const ProbeLabels& labels);

}  // namespace stego
