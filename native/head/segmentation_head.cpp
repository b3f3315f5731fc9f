#include "head/segmentation_head.h"

#include "core/error.h"

namespace stego {

DropoutMasks draw_dropout(int64_t batch, int64_t channels, double probability, at::Generator generator) {
  const auto draw = [&] {
    return at::empty({batch, 1, channels}, at::kFloat)
        .bernoulli_(1.0 - probability, generator)
        .div_(1.0 - probability);
  };
  at::Tensor linear = draw(), nonlinear = draw(), features = draw();
  return {linear, nonlinear, features};
}

SegmentationHead SegmentationHead::initial(int64_t channels, int64_t dim, bool nonlinear,
                                           at::Generator generator) {
  Pointwise linear = initial_pointwise(channels, dim, generator);
  if (!nonlinear) return {std::move(linear), std::nullopt};
  Pointwise hidden = initial_pointwise(channels, channels, generator);
  Pointwise output = initial_pointwise(channels, dim, generator);
  return {std::move(linear), std::array<Pointwise, 2>{std::move(hidden), std::move(output)}};
}

SegmentationHead SegmentationHead::load(const TensorMap& tensors, int64_t channels, int64_t dim,
                                        bool nonlinear) {
  Pointwise linear = take_pointwise(tensors, "net.cluster1.0", channels, dim);
  if (!nonlinear) return {std::move(linear), std::nullopt};
  return {std::move(linear),
          std::array<Pointwise, 2>{take_pointwise(tensors, "net.cluster2.0", channels, channels),
                                   take_pointwise(tensors, "net.cluster2.2", channels, dim)}};
}

SegmentationHead SegmentationHead::to(at::Device device) const {
  if (!nonlinear_) return {linear_.to(device), std::nullopt};
  const auto& [hidden, output] = *nonlinear_;
  return {linear_.to(device), std::array<Pointwise, 2>{hidden.to(device), output.to(device)}};
}

at::Tensor SegmentationHead::forward(const at::Tensor& features, const DropoutMasks* masks) const {
  at::Tensor code = linear_(masks ? features * masks->linear : features);
  if (nonlinear_) {
    const auto& [hidden, output] = *nonlinear_;
    code = code + output(at::relu(hidden(masks ? features * masks->nonlinear : features)));
  }
  return code;
}

std::vector<std::pair<std::string, at::Tensor>> SegmentationHead::parameters() const {
  std::vector<std::pair<std::string, at::Tensor>> result = {{"cluster1.0.weight", linear_.weight},
                                                            {"cluster1.0.bias", linear_.bias}};
  if (nonlinear_) {
    for (const auto& [name, layer] :
         {std::pair{"cluster2.0", (*nonlinear_)[0]}, std::pair{"cluster2.2", (*nonlinear_)[1]}}) {
      result.emplace_back(text(name, ".weight"), layer.weight);
      result.emplace_back(text(name, ".bias"), layer.bias);
    }
  }
  return result;
}

void SegmentationHead::save(TensorMap& tensors) const {
  put(tensors, "net.cluster1.0", linear_);
  if (!nonlinear_) return;
  put(tensors, "net.cluster2.0", (*nonlinear_)[0]);
  put(tensors, "net.cluster2.2", (*nonlinear_)[1]);
}

}  // namespace stego
