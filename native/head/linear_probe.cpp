#include "head/linear_probe.h"

#include "core/error.h"
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

}  // namespace

ProbeLoss linear_probe_loss(const Pointwise& probe, const std::vector<at::Tensor>& maps, int64_t grid_height,
                            int64_t grid_width, const std::vector<at::Tensor>& labels) {
  const at::NoGradGuard no_grad;
  const int64_t classes = probe.weight.size(0);
  require(labels.size() == maps.size(), "Expected one label map or none for each of ", maps.size(),
          " images, got ", labels.size(), ".");
  ProbeLoss result{0, 0, at::zeros_like(probe.weight), at::zeros_like(probe.bias)};
  std::vector<size_t> labelled;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].defined()) labelled.push_back(i);
  }
  if (labelled.empty()) return result;
  const at::IntArrayRef size = labels[labelled.front()].sizes();
  for (const size_t i : labelled) {
    require(labels[i].sizes() == size, "Expected label maps of one size in a batch.");
  }

  const int64_t height = size[0], width = size[1];
  const BilinearAxis rows(grid_height, height);
  const at::Tensor matrix = enlarging_matrix(grid_width, width), bias = probe.bias.unsqueeze(1);
  std::vector<ProbeSums> sums(labelled.size());
  std::vector<at::Tensor> weight_gradients(labelled.size()), bias_gradients(labelled.size());
  parallel_each(static_cast<int64_t>(labelled.size()), [&](int64_t i) {
    const at::Tensor& map = maps[labelled[i]];
    const at::Tensor logits = at::addmm(bias, probe.weight, map.t());           // [K, h*w]
    const at::Tensor enlarged = at::mm(logits.view({-1, grid_width}), matrix);  // [K * h, width]
    at::Tensor enlarged_gradient = at::zeros_like(enlarged);
    sums[i] = probe_loss({enlarged.const_data_ptr<float>(), labels[labelled[i]].const_data_ptr<uint8_t>(),
                          enlarged_gradient.mutable_data_ptr<float>(), classes, grid_height, width},
                         rows);
    const at::Tensor gradient = at::mm(enlarged_gradient, matrix.t()).view(logits.sizes());
    weight_gradients[i] = at::mm(gradient, map);
    bias_gradients[i] = gradient.sum(1);
  });
  for (size_t i = 0; i < labelled.size(); ++i) {
    result.loss += sums[i].loss;
    result.valid += sums[i].valid;
    result.weight_gradient.add_(weight_gradients[i]);
    result.bias_gradient.add_(bias_gradients[i]);
  }
  if (result.valid == 0) return result;
  const auto count = static_cast<double>(result.valid);
  result.loss /= count;
  result.weight_gradient.div_(count);
  result.bias_gradient.div_(count);
  return result;
}

}  // namespace stego
