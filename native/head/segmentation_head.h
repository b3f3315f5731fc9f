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

// From features to codes (projection_type of the official code).
enum class Projection {
  none,       // the code is the feature; nothing to train
  linear,     // one linear layer
  nonlinear,  // that plus a two-layer branch
};

struct HeadOptions {
  Projection projection = Projection::nonlinear;
  bool continuous = true;  // false: the code is the log-softmax of the projection (one channel a class)
};

// STEGO's segmentation head (modules.py DinoFeaturizer).
class SegmentationHead {
 public:
  static SegmentationHead initial(int64_t channels, int64_t dim, const HeadOptions& options,
                                  at::Generator generator);
  static SegmentationHead load(const TensorMap& tensors, int64_t channels, int64_t dim,
                               const HeadOptions& options);

  // Features [B, T, C] to codes [B, T, dim]; without masks no dropout.
  at::Tensor forward(const at::Tensor& features, const DropoutMasks* masks = nullptr) const;

  SegmentationHead to(at::Device device) const;

  // Parameters under the published names, without a prefix: cluster1.0.weight, cluster2.0.weight, ...
  std::vector<std::pair<std::string, at::Tensor>> parameters() const;
  void save(TensorMap& tensors) const;

 private:
  std::vector<std::pair<const char*, Pointwise>> layers() const;

  bool continuous_ = true;
  std::optional<Pointwise> linear_;                    // cluster1.0
  std::optional<std::array<Pointwise, 2>> nonlinear_;  // cluster2.0, cluster2.2
};

}  // namespace stego
