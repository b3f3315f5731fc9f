#pragma once
#include <array>
#include <optional>
#include <vector>

#include "core/aten.h"
#include "head/pointwise.h"

namespace stego {

// Channel masks of Dropout2d, [B, C] with values 0 and 1 / (1 - p). The official code draws three for each
// forward pass: before the linear branch, before the nonlinear branch, and for the features given to the
// loss.
struct DropoutMasks {
  at::Tensor linear, nonlinear, features;
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

// Tokens of one image and the channel masks that the head's two branches see them through.
struct HeadTokens {
  at::Tensor tokens;             // [M, C]
  at::Tensor linear, nonlinear;  // [C], undefined: no dropout
};

// A forward pass over several images that can be gone back through, once.
struct HeadPass {
  std::vector<HeadTokens> inputs;
  std::vector<int64_t> first;           // row of the codes with which an input's begin
  at::Tensor codes;                     // [sum of M, dim] in the order of the inputs
  std::vector<at::Tensor> activations;  // [M, C + dim] of each: hidden units, and space for gradients
  at::Tensor rows(const at::Tensor& codes_like, size_t input) const {
    return codes_like.narrow(0, first[input], inputs[input].tokens.size(0));
  }
};

// STEGO's segmentation head (modules.py DinoFeaturizer).
//
// Dropout2d takes whole channels of an image away, which is the same as taking them out of the weights: x * m
// times W^T is x times (W * m)^T. So no feature is copied for it, both branches' first layers are one
// product, and their gradient is (dy^T x) * m.
class SegmentationHead {
 public:
  static SegmentationHead initial(int64_t channels, int64_t dim, const HeadOptions& options,
                                  at::Generator generator);
  static SegmentationHead load(const TensorMap& tensors, int64_t channels, int64_t dim,
                               const HeadOptions& options);

  // Features [..., C] to codes [..., dim], without dropout.
  at::Tensor forward(const at::Tensor& features) const;

  // Codes of several images, with what `backward` needs.
  HeadPass forward(std::vector<HeadTokens> inputs) const;

  // Gradients of the parameters, in their order, from the gradient by the pass's codes. Uses the pass up.
  std::vector<at::Tensor> backward(HeadPass& pass, const at::Tensor& codes_gradient) const;

  SegmentationHead to(at::Device device) const;

  // Parameters under the published names, without a prefix: cluster1.0.weight, cluster2.0.weight, ...
  std::vector<std::pair<std::string, at::Tensor>> parameters() const;
  void save(TensorMap& tensors) const;

 private:
  std::vector<std::pair<const char*, Pointwise>> layers() const;
  at::Tensor encode(const HeadTokens& input, at::Tensor codes) const;
  void add_gradients(const HeadTokens& input, const at::Tensor& activations, const at::Tensor& codes,
                     at::Tensor codes_gradient, std::vector<at::Tensor>& gradients) const;

  bool continuous_ = true;
  std::optional<Pointwise> linear_;                    // cluster1.0
  std::optional<std::array<Pointwise, 2>> nonlinear_;  // cluster2.0, cluster2.2
};

}  // namespace stego
