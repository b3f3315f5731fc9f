#include "head/linear_probe.h"

#include "core/form.h"
#include "core/parallel.h"
#include "device/launch.h"
#include "head/kernels/partition.h"
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

// What an image adds to the sums over labeled pixels.
struct ImageLoss {
  double loss = 0;
  at::Tensor weight_gradient, bias_gradient;
};

// An image's loss given its log-partitions and the gradient [K, h*w] that they leave for the grid's logits.
ImageLoss image_loss(double log_partitions, const at::Tensor& gradient, const at::Tensor& logits,
                     const at::Tensor& map, const at::Tensor& own_class) {
  const at::Tensor total = gradient - own_class;
  return {log_partitions - (logits * own_class).sum(at::kDouble).item<double>(), at::mm(total, map),
          total.sum(1)};
}

// By our own kernel: logits are enlarged along rows by a product, along columns on the fly.
std::vector<ImageLoss> fused_losses(const Pointwise& probe, const std::vector<at::Tensor>& maps,
                                    const ProbeLabels& labels) {
  const BilinearAxis rows(labels.grid_height, labels.height);
  const at::Tensor matrix = enlarging_matrix(labels.grid_width, labels.width), bias = probe.bias.unsqueeze(1);
  std::vector<ImageLoss> losses(labels.images.size());
  parallel_each(static_cast<int64_t>(losses.size()), [&](int64_t i) {
    const auto& [index, map, own_class] = labels.images[i];
    const at::Tensor logits = at::addmm(bias, probe.weight, maps[index].t());  // [K, h*w]
    const at::Tensor enlarged =
        at::mm(exchanged(logits, labels.grid_height, labels.grid_width), matrix);  // [h * K, width]
    at::Tensor probabilities = at::zeros_like(enlarged);  // of the pixels, summed per grid row
    const double sum = log_partition({enlarged.const_data_ptr<float>(), map.const_data_ptr<uint8_t>(),
                                      probabilities.mutable_data_ptr<float>(), labels.classes, labels.width},
                                     rows);
    const at::Tensor gradient =
        exchanged(at::mm(probabilities, matrix.t()), labels.classes, labels.grid_width).view(logits.sizes());
    losses[i] = image_loss(sum, gradient, logits, maps[index], own_class);
  });
  return losses;
}

// An axis of an enlargement, on a device.
struct DeviceAxis {
  at::Tensor first, second, weight;
  int64_t grid;

  DeviceAxis(int64_t grid, int64_t size, at::Device device)
      : DeviceAxis(BilinearAxis(grid, size), grid, device) {}
  AxisPlaces places() const {
    return {first.const_data_ptr<int64_t>(), second.const_data_ptr<int64_t>(), weight.const_data_ptr<float>(),
            first.numel(), grid};
  }

 private:
  DeviceAxis(const BilinearAxis& axis, int64_t grid, at::Device device)
      : first(upload(at::tensor(axis.first), device)),
        second(upload(at::tensor(axis.second), device)),
        weight(upload(at::tensor(axis.weight), device)),
        grid(grid) {}
};

// By kernels, all images at once; logits are enlarged as they are read. The sum over all images.
ImageLoss kernel_loss(const Pointwise& probe, const std::vector<at::Tensor>& maps,
                      const ProbeLabels& labels) {
  const at::Device device = probe.weight.device();
  std::vector<at::Tensor> labeled, label_maps, own_classes;
  for (const auto& [index, map, own_class] : labels.images) {
    labeled.push_back(maps[index]);
    label_maps.push_back(map);
    own_classes.push_back(own_class);
  }
  const auto images = static_cast<int64_t>(labeled.size());
  const at::Tensor tokens = at::stack(labeled);                          // [n, h*w, C]
  const at::Tensor logits = probe(tokens).transpose(1, 2).contiguous();  // [n, K, h*w]
  const at::Tensor pixels = upload(at::stack(label_maps), device),
                   own_class = upload(at::stack(own_classes), device);
  const DeviceAxis rows(labels.grid_height, labels.height, device),
      columns(labels.grid_width, labels.width, device);
  const EnlargedLogits enlarged{logits.const_data_ptr<float>(), pixels.const_data_ptr<uint8_t>(),
                                rows.places(), columns.places(), labels.classes};
  const at::Tensor partitions = at::empty({images, labels.height, labels.width}, logits.options());
  launch(device, partitions.numel(), LogPartition{enlarged, partitions.mutable_data_ptr<float>()});
  const at::Tensor begin =
      at::searchsorted(columns.first, at::arange(labels.grid_width + 1, columns.first.options()));
  const at::Tensor by_column =
      at::empty({images, labels.classes, labels.height, labels.grid_width}, logits.options());
  launch(device, by_column.numel(),
         PartitionGradient{enlarged, partitions.const_data_ptr<float>(), begin.const_data_ptr<int64_t>(),
                           by_column.mutable_data_ptr<float>()});
  const at::Tensor across =
      upload(enlarging_matrix(labels.grid_height, labels.height), device);  // [h, height]
  const at::Tensor gradient = at::matmul(across, by_column).view(logits.sizes()) - own_class;
  const at::Tensor by_class = gradient.transpose(0, 1).reshape({labels.classes, -1});  // [K, n * h*w]
  const at::Tensor loss = partitions.sum(at::kDouble) - (logits * own_class).sum(at::kDouble);
  return {loss.item<double>(), at::mm(by_class, tokens.flatten(0, 1)), by_class.sum(1)};
}

}  // namespace

ProbeLoss linear_probe_loss(const Pointwise& probe, const std::vector<at::Tensor>& maps,
                            const ProbeLabels& labels) {
  const at::NoGradGuard no_grad;
  ProbeLoss result{0, at::zeros_like(probe.weight), at::zeros_like(probe.bias)};
  if (labels.valid == 0) return result;
  const std::vector<ImageLoss> losses = by_operators(probe.weight.device())
                                            ? std::vector{kernel_loss(probe, maps, labels)}
                                            : fused_losses(probe, maps, labels);
  for (const ImageLoss& image : losses) {
    result.loss += image.loss;
    result.weight_gradient.add_(image.weight_gradient);
    result.bias_gradient.add_(image.bias_gradient);
  }
  const auto valid = static_cast<double>(labels.valid);
  result.loss /= valid;
  result.weight_gradient.div_(valid);
  result.bias_gradient.div_(valid);
  return result;
}

}  // namespace stego
