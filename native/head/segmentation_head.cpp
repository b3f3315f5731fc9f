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

SegmentationHead SegmentationHead::initial(int64_t channels, int64_t dim, const HeadOptions& options,
                                           at::Generator generator) {
  SegmentationHead head;
  head.continuous_ = options.continuous;
  if (options.projection == Projection::none) return head;
  head.linear_ = initial_pointwise(channels, dim, generator);
  if (options.projection == Projection::linear) return head;
  Pointwise hidden = initial_pointwise(channels, channels, generator);
  Pointwise output = initial_pointwise(channels, dim, generator);
  head.nonlinear_ = {std::move(hidden), std::move(output)};
  return head;
}

SegmentationHead SegmentationHead::load(const TensorMap& tensors, int64_t channels, int64_t dim,
                                        const HeadOptions& options) {
  SegmentationHead head;
  head.continuous_ = options.continuous;
  if (options.projection == Projection::none) return head;
  head.linear_ = take_pointwise(tensors, "net.cluster1.0", channels, dim);
  if (options.projection == Projection::linear) return head;
  head.nonlinear_ = {take_pointwise(tensors, "net.cluster2.0", channels, channels),
                     take_pointwise(tensors, "net.cluster2.2", channels, dim)};
  return head;
}

SegmentationHead SegmentationHead::to(at::Device device) const {
  SegmentationHead moved;
  moved.continuous_ = continuous_;
  if (linear_) moved.linear_ = linear_->to(device);
  if (nonlinear_) moved.nonlinear_ = {(*nonlinear_)[0].to(device), (*nonlinear_)[1].to(device)};
  return moved;
}

at::Tensor SegmentationHead::forward(const at::Tensor& features, const DropoutMasks* masks) const {
  at::Tensor code = features;
  if (linear_) code = (*linear_)(masks ? features * masks->linear : features);
  if (nonlinear_) {
    const auto& [hidden, output] = *nonlinear_;
    code = code + output(at::relu(hidden(masks ? features * masks->nonlinear : features)));
  }
  return continuous_ ? code : at::log_softmax(code, -1);
}

std::vector<std::pair<const char*, Pointwise>> SegmentationHead::layers() const {
  std::vector<std::pair<const char*, Pointwise>> result;
  if (linear_) result.emplace_back("cluster1.0", *linear_);
  if (nonlinear_) {
    result.emplace_back("cluster2.0", (*nonlinear_)[0]);
    result.emplace_back("cluster2.2", (*nonlinear_)[1]);
  }
  return result;
}

std::vector<std::pair<std::string, at::Tensor>> SegmentationHead::parameters() const {
  std::vector<std::pair<std::string, at::Tensor>> result;
  for (const auto& [name, layer] : layers()) {
    result.emplace_back(text(name, ".weight"), layer.weight);
    result.emplace_back(text(name, ".bias"), layer.bias);
  }
  return result;
}

void SegmentationHead::save(TensorMap& tensors) const {
  for (const auto& [name, layer] : layers()) put(tensors, text("net.", name), layer);
}

}  // namespace stego
