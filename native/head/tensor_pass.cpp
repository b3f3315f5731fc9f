#include "head/tensor_pass.h"

namespace stego {

namespace {

// Tokens [sum of M, C] with one of the branches' masks applied.
at::Tensor masked_tokens(const std::vector<HeadTokens>& inputs, at::Tensor HeadTokens::* mask) {
  std::vector<at::Tensor> tokens, masks;
  for (const HeadTokens& input : inputs) {
    tokens.push_back(input.tokens);
    if ((input.*mask).defined()) masks.push_back(input.*mask);
  }
  const at::Tensor all = at::stack(tokens);  // [n, M, C]
  return (masks.empty() ? all : all * at::stack(masks).unsqueeze(1)).flatten(0, 1);
}

}  // namespace

at::Tensor tensor_forward(const HeadLayers& layers, const std::vector<HeadTokens>& inputs,
                          at::Tensor& hidden_units) {
  const at::Tensor codes = layers.linear(masked_tokens(inputs, &HeadTokens::linear));
  if (!layers.nonlinear) return codes;
  const auto& [hidden, output] = *layers.nonlinear;
  hidden_units = hidden(masked_tokens(inputs, &HeadTokens::nonlinear)).relu_();
  return codes + output(hidden_units);
}

std::vector<at::Tensor> tensor_backward(const HeadLayers& layers, const std::vector<HeadTokens>& inputs,
                                        const at::Tensor& hidden_units, const at::Tensor& codes_gradient) {
  const at::Tensor bias_gradient = codes_gradient.sum(0);
  std::vector<at::Tensor> gradients = {at::mm(codes_gradient.t(), masked_tokens(inputs, &HeadTokens::linear)),
                                       bias_gradient};
  if (!layers.nonlinear) return gradients;
  const auto& output = (*layers.nonlinear)[1];
  const at::Tensor units_gradient =
      at::threshold_backward(at::mm(codes_gradient, output.weight), hidden_units, 0);  // of ReLU
  gradients.push_back(at::mm(units_gradient.t(), masked_tokens(inputs, &HeadTokens::nonlinear)));
  gradients.push_back(units_gradient.sum(0));
  gradients.push_back(at::mm(codes_gradient.t(), hidden_units));
  gradients.push_back(bias_gradient.clone());
  return gradients;
}

}  // namespace stego
