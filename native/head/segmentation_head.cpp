#include "head/segmentation_head.h"

#include "core/error.h"
#include "core/form.h"
#include "core/parallel.h"
#include "head/tensor_pass.h"

namespace stego {

namespace {

constexpr int64_t kRows = 256;       // tokens encoded at a time, without dropout
constexpr int64_t kLine = 16;        // rows of activations are padded to a multiple of this
constexpr size_t kPartialSums = 16;  // of gradients: bounds memory for any number of threads

at::Tensor masked(const at::Tensor& weight, const at::Tensor& mask) {
  return mask.defined() ? weight * mask : weight;
}

// sum += value * mask
void add_masked(at::Tensor& sum, const at::Tensor& value, const at::Tensor& mask) {
  if (mask.defined()) {
    sum.addcmul_(value, mask);
  } else {
    sum.add_(value);
  }
}

}  // namespace

DropoutMasks draw_dropout(int64_t batch, int64_t channels, double probability, at::Generator generator) {
  const auto draw = [&] {
    return at::empty({batch, channels}, at::kFloat)
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

at::Tensor SegmentationHead::forward(const at::Tensor& features) const {
  if (!linear_) return continuous_ ? features : at::log_softmax(features, -1);
  const at::Tensor tokens = features.reshape({-1, features.size(-1)});
  at::Tensor codes = at::empty({tokens.size(0), linear_->weight.size(0)}, tokens.options());
  if (by_operators(tokens.device())) {
    encode({tokens, {}, {}}, codes);  // on the whole device
  } else {                            // parts side by side, one to a thread
    parallel_each((tokens.size(0) + kRows - 1) / kRows, [&](int64_t i) {
      const int64_t first = i * kRows, rows = std::min(kRows, tokens.size(0) - first);
      encode({tokens.narrow(0, first, rows), {}, {}}, codes.narrow(0, first, rows));
    });
  }
  std::vector<int64_t> shape = features.sizes().vec();
  shape.back() = codes.size(1);
  return codes.view(shape);
}

HeadPass SegmentationHead::forward(std::vector<HeadTokens> inputs) const {
  const at::NoGradGuard no_grad;
  HeadPass pass;
  int64_t rows = 0;
  for (const HeadTokens& input : inputs) {
    pass.first.push_back(rows);
    rows += input.tokens.size(0);
  }
  const at::Tensor& tokens = inputs.front().tokens;
  if (linear_ && by_operators(tokens.device())) {
    pass.activations.resize(1);
    pass.codes = tensor_forward({*linear_, nonlinear_}, inputs, pass.activations[0]);
    if (!continuous_) pass.codes = at::log_softmax(pass.codes, -1);
    pass.inputs = std::move(inputs);
    return pass;
  }
  pass.codes = at::empty({rows, linear_ ? linear_->weight.size(0) : tokens.size(1)}, tokens.options());
  pass.activations.resize(inputs.size());
  pass.inputs = std::move(inputs);
  parallel_each(static_cast<int64_t>(pass.inputs.size()),
                [&](int64_t i) { pass.activations[i] = encode(pass.inputs[i], pass.rows(pass.codes, i)); });
  return pass;
}

// Fills in the codes [M, dim] and returns the activations.
at::Tensor SegmentationHead::encode(const HeadTokens& input, at::Tensor codes) const {
  at::Tensor activations;
  if (!linear_) {
    codes.copy_(input.tokens);
  } else if (!nonlinear_) {
    at::addmm_out(codes, linear_->bias, input.tokens, masked(linear_->weight, input.linear).t());
  } else {
    const auto& [hidden, output] = *nonlinear_;
    const int64_t channels = hidden.weight.size(0), dim = codes.size(1);
    const at::Tensor weights =
        at::cat({masked(hidden.weight, input.nonlinear), masked(linear_->weight, input.linear)});
    const int64_t width = (channels + dim + kLine - 1) / kLine * kLine;
    activations = at::empty({input.tokens.size(0), width}, codes.options()).narrow(1, 0, channels + dim);
    at::mm_out(activations, input.tokens, weights.t());
    at::Tensor units = activations.narrow(1, 0, channels);
    units.add_(hidden.bias).relu_();
    at::add_out(codes, activations.narrow(1, channels, dim), linear_->bias + output.bias);
    codes.addmm_(units, output.weight.t());
  }
  if (!continuous_) codes.copy_(at::log_softmax(codes, -1));
  return activations;
}

std::vector<at::Tensor> SegmentationHead::backward(HeadPass& pass, const at::Tensor& codes_gradient) const {
  const at::NoGradGuard no_grad;
  if (linear_ && by_operators(codes_gradient.device())) {
    return tensor_backward({*linear_, nonlinear_}, pass.inputs, pass.activations[0],
                           before_softmax(codes_gradient, pass.codes));
  }
  const size_t sums = std::min(kPartialSums, pass.inputs.size());
  std::vector<std::vector<at::Tensor>> partial(sums);
  parallel_each(static_cast<int64_t>(sums), [&](int64_t sum) {
    for (const auto& [name, parameter] : parameters()) partial[sum].push_back(at::zeros_like(parameter));
    for (size_t i = sum; i < pass.inputs.size(); i += sums) {
      add_gradients(pass.inputs[i], pass.activations[i], pass.rows(pass.codes, i),
                    pass.rows(codes_gradient, i), partial[sum]);
      pass.activations[i].reset();
    }
  });
  for (size_t sum = 1; sum < sums; ++sum) {
    for (size_t i = 0; i < partial[sum].size(); ++i) partial[0][i].add_(partial[sum][i]);
  }
  return partial[0];
}

// The gradient of what the codes are the log-softmax of, if they are.
at::Tensor SegmentationHead::before_softmax(const at::Tensor& gradient, const at::Tensor& codes) const {
  return continuous_ ? gradient : at::_log_softmax_backward_data(gradient, codes, -1, codes.scalar_type());
}

// `gradients` are those of the parameters, in order. Overwrites the activations.
void SegmentationHead::add_gradients(const HeadTokens& input, const at::Tensor& activations,
                                     const at::Tensor& codes, at::Tensor codes_gradient,
                                     std::vector<at::Tensor>& gradients) const {
  if (!linear_) return;
  codes_gradient = before_softmax(codes_gradient, codes);
  const at::Tensor bias_gradient = codes_gradient.sum(0);
  gradients[1].add_(bias_gradient);
  if (!nonlinear_) {
    add_masked(gradients[0], at::mm(codes_gradient.t(), input.tokens), input.linear);
    return;
  }
  const auto& [hidden, output] = *nonlinear_;
  const int64_t channels = hidden.weight.size(0), dim = codes.size(1);
  at::Tensor units = activations.narrow(1, 0, channels);
  gradients[4].addmm_(codes_gradient.t(), units);
  gradients[5].add_(bias_gradient);
  at::threshold_backward_out(units, at::mm(codes_gradient, output.weight), units, 0);  // ReLU's, in place
  activations.narrow(1, channels, dim).copy_(codes_gradient);
  const at::Tensor weights_gradient = at::mm(activations.t(), input.tokens);  // of both first layers
  add_masked(gradients[0], weights_gradient.narrow(0, channels, dim), input.linear);
  add_masked(gradients[2], weights_gradient.narrow(0, 0, channels), input.nonlinear);
  gradients[3].add_(units.sum(0));
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
