#pragma once
#include <array>
#include <optional>

#include "core/aten.h"
#include "head/pointwise.h"

namespace stego {

// Channel masks of Dropout2d, [B, 1, C] with values 0 and 1 / (1 - p). The official code draws three for each
// forward pass: before the linear branch, before the nonlinear branch, and for the features given to the
// loss.
struct DropoutMasks {
  at::Tensor linear, nonlinear, features;
  DropoutMasks to(at::Device device) const {
    return {linear.to(device), nonlinear.to(device), features.to(device)};
  }
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

  SegmentationHead to(at::Device device) const;

  // Parameters under the published names, without a prefix: cluster1.0.weight, cluster2.0.weight, ...
  std::vector<std::pair<std::string, at::Tensor>> parameters() const;
  void save(TensorMap& tensors) const;

 private:
  Pointwise linear_;                                   // cluster1.0
  std::optional<std::array<Pointwise, 2>> nonlinear_;  // cluster2.0, cluster2.2
};

}  // namespace stego
