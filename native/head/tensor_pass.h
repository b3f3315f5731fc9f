#pragma once
#include <array>
#include <optional>
#include <vector>

#include "head/pointwise.h"
#include "head/segmentation_head.h"

namespace stego {

// The training pass of a segmentation head with a linear branch on any device: all images, which must have
// the same number of tokens, at once. The channel masks are applied to the tokens.
struct HeadLayers {
  const Pointwise& linear;
  const std::optional<std::array<Pointwise, 2>>& nonlinear;
};

// Codes [sum of M, dim] of all inputs; fills in the hidden units [sum of M, C], undefined without a nonlinear
// branch.
at::Tensor tensor_forward(const HeadLayers& layers, const std::vector<HeadTokens>& inputs,
                          at::Tensor& hidden_units);

// The gradients of the layers' weights and biases in order, given that of the codes.
std::vector<at::Tensor> tensor_backward(const HeadLayers& layers, const std::vector<HeadTokens>& inputs,
                                        const at::Tensor& hidden_units, const at::Tensor& codes_gradient);

}  // namespace stego
