#pragma once
#include <string>

#include "core/aten.h"
#include "tensors/stored_tensor.h"

namespace stego {

// A 1x1 convolution over tokens: weight [out, in], bias [out].
struct Pointwise {
  at::Tensor weight, bias;
  at::Tensor operator()(const at::Tensor& tokens) const { return at::linear(tokens, weight, bias); }
  Pointwise to(at::Device device) const { return {weight.to(device), bias.to(device)}; }
};

// PyTorch's default initialization of a convolution: weight and bias uniform in +-1 / sqrt(fan_in).
Pointwise initial_pointwise(int64_t inputs, int64_t outputs, at::Generator generator);

// Stores and reads a Pointwise under `<name>.weight` [out, in, 1, 1] and `<name>.bias` [out].
void put(TensorMap& tensors, const std::string& name, const Pointwise& layer);
Pointwise take_pointwise(const TensorMap& tensors, const std::string& name, int64_t inputs, int64_t outputs);

// One tensor of a checkpoint, converted to float32. Throws ERR_STEGO_CHECKPOINT if it is missing or has the
// wrong shape.
at::Tensor take(const TensorMap& tensors, const std::string& name, at::IntArrayRef shape);

}  // namespace stego
