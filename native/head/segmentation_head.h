#pragma once
#include <array>
#include <optional>

#include "core/aten.h"
#include "weights/safetensors.h"

namespace stego {

// A 1x1 convolution over tokens: weight [out, in], bias [out].
struct Pointwise {
  at::Tensor weight, bias;
  at::Tensor operator()(const at::Tensor& tokens) const { return at::linear(tokens, weight, bias); }
};

// PyTorch's default initialisation of a convolution: weight and bias uniform in +-1 / sqrt(fan_in).
Pointwise initial_pointwise(int64_t inputs, int64_t outputs, at::Generator generator);

// Stores and reads a Pointwise under `<name>.weight` [out, in, 1, 1] and `<name>.bias` [out].
void put(TensorMap& tensors, const std::string& name, const Pointwise& layer);
Pointwise take_pointwise(const TensorMap& tensors, const std::string& name, int64_t inputs, int64_t outputs);

// One tensor of a checkpoint, checked for its shape and turned to float32. Throws ERR_STEGO_CHECKPOINT.
at::Tensor take(const TensorMap& tensors, const std::string& name, at::IntArrayRef shape);

// Channel masks of Dropout2d, [B, 1, C] with values 0 and 1 / (1 - p). The official code draws three for each
// forward pass: before the linear branch, before the nonlinear branch, and for the features given to the
// loss.
struct DropoutMasks {
  at::Tensor linear, nonlinear, features;
};

DropoutMasks draw_dropout(int64_t batch, int64_t channels, double probability, at::Generator generator);

// STEGO's segmentation head (modules.py DinoFeaturizer): a linear branch, plus an MLP branch when nonlinear.
class SegmentationHead {
 public:
  SegmentationHead(Pointwise linear, std::optional<std::array<Pointwise, 2>> nonlinear)
      : linear_(std::move(linear)), nonlinear_(std::move(nonlinear)) {}

  static SegmentationHead initial(int64_t channels, int64_t dim, bool nonlinear, at::Generator generator);
  static SegmentationHead load(const TensorMap& tensors, int64_t channels, int64_t dim, bool nonlinear);

  // Features [B, T, C] to codes [B, T, dim]; without masks no dropout.
  at::Tensor forward(const at::Tensor& features, const DropoutMasks* masks = nullptr) const;

  bool nonlinear() const { return nonlinear_.has_value(); }

  // Parameters under the published names, without a prefix: cluster1.0.weight, cluster2.0.weight, ...
  std::vector<std::pair<std::string, at::Tensor>> parameters() const;
  void save(TensorMap& tensors) const;

 private:
  Pointwise linear_;                                   // cluster1.0
  std::optional<std::array<Pointwise, 2>> nonlinear_;  // cluster2.0, cluster2.2
};

}  // namespace stego
