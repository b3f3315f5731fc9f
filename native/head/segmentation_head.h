#pragma once
#include <array>
#include <optional>
#include <vector>

#include "core/aten.h"
#include "head/pointwise.h"

namespace stego {

// Channel masks of Dropout2d, [B, C] with values 0 and 1 / (1 - p). The official code draws three per forward
// pass: before the linear branch, before the nonlinear branch, and for the features used by the loss.
struct DropoutMasks {
  at::Tensor linear, nonlinear, features;
};

DropoutMasks draw_dropout(int64_t batch, int64_t channels, double probability, at::Generator generator);

// How features become codes (projection_type of the official code).
enum class Projection {
  none,       // the code is the feature; nothing to train
  linear,     // one linear layer
  nonlinear,  // the linear layer plus a two-layer branch
};

struct HeadOptions {
  Projection projection = Projection::nonlinear;
  bool continuous = true;  // false: the code is the log-softmax of the projection (one channel per class)
};

// One image's tokens and the channel masks applied to them in the head's two branches.
struct HeadTokens {
  at::Tensor tokens;             // [M, C]
  at::Tensor linear, nonlinear;  // [C], undefined without dropout
};

// A forward pass over several images; `backward` can be called on it once.
struct HeadPass {
  std::vector<HeadTokens> inputs;
  std::vector<int64_t> first;  // each input's first row in the codes
  at::Tensor codes;            // [sum of M, dim] in input order
  // On a CPU [M, C + dim] each, hidden units and space for gradients; else the hidden units of all inputs.
  std::vector<at::Tensor> activations;
  at::Tensor rows(const at::Tensor& codes_like, size_t input) const {
    return codes_like.narrow(0, first[input], inputs[input].tokens.size(0));
  }
};

// STEGO's segmentation head (modules.py DinoFeaturizer).
//
// Dropout2d zeroes whole channels of an image, which is the same as zeroing them in the weights: x * m times
// W^T is x times (W * m)^T. So no features are copied, the first layers of both branches are a single
// product, and their gradient is (dy^T x) * m.
class SegmentationHead {
 public:
  static SegmentationHead initial(int64_t channels, int64_t dim, const HeadOptions& options,
                                  at::Generator generator);
  static SegmentationHead load(const TensorMap& tensors, int64_t channels, int64_t dim,
                               const HeadOptions& options);

  // Features [..., C] to codes [..., dim], without dropout.
  at::Tensor forward(const at::Tensor& features) const;

  // Codes of several images, along with what `backward` needs.
  HeadPass forward(std::vector<HeadTokens> inputs) const;

  // The parameters' gradients, in order, given the gradient of the pass's codes. Consumes the pass.
  std::vector<at::Tensor> backward(HeadPass& pass, const at::Tensor& codes_gradient) const;

  SegmentationHead to(at::Device device) const;

  // Parameters under their published names, without a prefix: cluster1.0.weight, cluster2.0.weight, ...
  std::vector<std::pair<std::string, at::Tensor>> parameters() const;
  void save(TensorMap& tensors) const;

 private:
  std::vector<std::pair<const char*, Pointwise>> layers() const;
  at::Tensor encode(const HeadTokens& input, at::Tensor codes) const;
  at::Tensor before_softmax(const at::Tensor& gradient, const at::Tensor& codes) const;
  void add_gradients(const HeadTokens& input, const at::Tensor& activations, const at::Tensor& codes,
                     at::Tensor codes_gradient, std::vector<at::Tensor>& gradients) const;

  bool continuous_ = true;
  std::optional<Pointwise> linear_;                    // cluster1.0
  std::optional<std::array<Pointwise, 2>> nonlinear_;  // cluster2.0, cluster2.2
};

}  // namespace stego
