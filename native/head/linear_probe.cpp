#include "head/linear_probe.h"

#include "core/parallel.h"
#include "head/probe_kernel.h"
#include "imaging/upsample.h"

namespace stego {

namespace {

// The matrix [w, width] that enlarges rows of w values.
at::Tensor enlarging_matrix(int64_t w, int64_t width) {
  const BilinearAxis axis(w, width);
  at::Tensor matrix = at::zeros({w, width}, at::kFloat);
  auto values = matrix.accessor<float, 2>();
  for (int64_t x = 0; x < width; ++x) {
    values[axis.first[x]][x] += 1 - axis.weight[x];
    values[axis.second[x]][x] += axis.weight[x];
  }
  return matrix;
}

// Swaps the first two axes of [n * m, w], or of its reshape [n, m * w]: [m * n, w].
at::Tensor exchanged(const at::Tensor& values, int64_t m, int64_t w) {
  return values.view({-1, m, w}).transpose(0, 1).reshape({-1, w});
}

}  // namespace

ProbeLoss linear_probe_loss(const Pointwise& probe, const std::vector<at::Tensor>& maps,
                            const ProbeLabels& labels) {
  const at::NoGradGuard no_grad;
  ProbeLoss result{0, at::zeros_like(probe.weight), at::zeros_like(probe.bias)};
  if (labels.valid == 0) return result;
  const BilinearAxis rows(labels.grid_height, labels.height);
  const at::Tensor matrix = enlarging_matrix(labels.grid_width, labels.width), bias = probe.bias.unsqueeze(1);
  const auto count = static_cast<int64_t>(labels.images.size());
  std::vector<double> losses(count);
  std::vector<at::Tensor> weight_gradients(count), bias_gradients(count);
  parallel_each(count, [&](int64_t i) {
    const auto& [index, map, own_class] = labels.images[i];
    const at::Tensor logits = at::addmm(bias, probe.weight, maps[index].t());  // [K, h*w]
    const at::Tensor enlarged =
        at::mm(exchanged(logits, labels.grid_height, labels.grid_width), matrix);  // [h * K, width]
    at::Tensor probabilities = at::zeros_like(enlarged);  // of the pixels, summed per grid row
    losses[i] = log_partition({enlarged.const_data_ptr<float>(), map.const_data_ptr<uint8_t>(),
                               probabilities.mutable_data_ptr<float>(), labels.classes, labels.width},
                              rows) -
                (logits * own_class).sum(at::kDouble).item<double>();
    const at::Tensor gradient =
        exchanged(at::mm(probabilities, matrix.t()), labels.classes, labels.grid_width)
            .view(logits.sizes())
            .sub_(own_class);
    weight_gradients[i] = at::mm(gradient, maps[index]);
    bias_gradients[i] = gradient.sum(1);
  });
  for (int64_t i = 0; i < count; ++i) {
    result.loss += losses[i];
    result.weight_gradient.add_(weight_gradients[i]);
    result.bias_gradient.add_(bias_gradients[i]);
  }
  const auto valid = static_cast<double>(labels.valid);
  result.loss /= valid;
  result.weight_gradient.div_(valid);
  result.bias_gradient.div_(valid);
  return result;
}

}  // namespace stego
