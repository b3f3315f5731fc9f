#include "head/linear_probe.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"
#include "imaging/upsample.h"

// The row kernel is compiled for several instruction sets and chosen when the addon is loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STEGO_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define STEGO_MULTIVERSION
#endif

namespace stego {

namespace {

// exp for x <= 0, relative error below 2e-7; plain arithmetic, so that the compiler vectorises its callers.
inline float fast_exp(float x) {
  x = std::max(x, -87.0f);
  const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;  // rounded to the nearest integer
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
}

// One row of pixels: its logits lie between two rows of horizontally enlarged logits, u0 and u1 [classes,
// stride]. Adds the gradient of the row's summed loss to g0 and g1 and returns the loss. `valid` is 1 where
// the pixel has a label and 0 elsewhere; `scratch` holds (classes + 2) * width values.
STEGO_MULTIVERSION
double row_loss(const float* u0, const float* u1, float* g0, float* g1, int64_t stride, float weight,
                const uint8_t* labels, const float* valid, float* scratch, int64_t classes, int64_t width) {
  float* __restrict probabilities = scratch;
  float* __restrict highest = scratch + classes * width;
  float* __restrict sum = scratch + (classes + 1) * width;
  for (int64_t x = 0; x < width; ++x) {
    highest[x] = -std::numeric_limits<float>::infinity();
    sum[x] = 0;
  }
  for (int64_t k = 0; k < classes; ++k) {
    const float* __restrict above = u0 + k * stride;
    const float* __restrict below = u1 + k * stride;
    float* __restrict row = probabilities + k * width;
    for (int64_t x = 0; x < width; ++x) {
      row[x] = above[x] + (below[x] - above[x]) * weight;
      highest[x] = highest[x] > row[x] ? highest[x] : row[x];
    }
  }
  double loss = 0;
  for (int64_t x = 0; x < width; ++x) {
    if (labels[x] < classes) loss += highest[x] - probabilities[labels[x] * width + x];
  }
  for (int64_t k = 0; k < classes; ++k) {
    float* __restrict row = probabilities + k * width;
    for (int64_t x = 0; x < width; ++x) {
      row[x] = fast_exp(row[x] - highest[x]);
      sum[x] += row[x];
    }
  }
  for (int64_t x = 0; x < width; ++x) {
    if (labels[x] < classes) loss += std::log(sum[x]);
    sum[x] = valid[x] / sum[x];
  }
  for (int64_t k = 0; k < classes; ++k) {
    float* __restrict row = probabilities + k * width;
    for (int64_t x = 0; x < width; ++x) row[x] *= sum[x];
  }
  for (int64_t x = 0; x < width; ++x) {
    if (labels[x] < classes) probabilities[labels[x] * width + x] -= 1.0f;
  }
  for (int64_t k = 0; k < classes; ++k) {
    const float* row = probabilities + k * width;
    float *above = g0 + k * stride, *below = g1 + k * stride;
    for (int64_t x = 0; x < width; ++x) {
      above[x] += row[x] * (1 - weight);
      below[x] += row[x] * weight;
    }
  }
  return loss;
}

// One image: enlarged logits and their gradient are [classes, h, width]; the gradient is that of the summed
// loss.
double image_loss(const float* logits, float* gradient, const uint8_t* labels, int64_t classes, int64_t h,
                  int64_t height, int64_t width) {
  const BilinearAxis rows(h, height);
  std::vector<float> scratch((classes + 2) * width), valid(width);
  double loss = 0;
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* label = labels + y * width;
    bool any = false;
    for (int64_t x = 0; x < width; ++x) {
      valid[x] = label[x] < classes ? 1.0f : 0.0f;
      any |= label[x] < classes;
    }
    if (!any) continue;
    const int64_t above = rows.first[y] * width, below = rows.second[y] * width;
    loss += row_loss(logits + above, logits + below, gradient + above, gradient + below, h * width,
                     rows.weight[y], label, valid.data(), scratch.data(), classes, width);
  }
  return loss;
}

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

ProbeLoss linear_probe_loss(const Pointwise& probe, const at::Tensor& codes, int64_t grid_height,
                            int64_t grid_width, const std::vector<at::Tensor>& labels) {
  const at::NoGradGuard no_grad;
  const int64_t classes = probe.weight.size(0);
  require(static_cast<int64_t>(labels.size()) == codes.size(0), "Expected one label map or none for each of ",
          codes.size(0), " images, got ", labels.size(), ".");
  ProbeLoss result{0, 0, at::zeros_like(probe.weight), at::zeros_like(probe.bias)};
  std::vector<int64_t> labelled;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!labels[i].defined()) continue;
    const int64_t valid = (labels[i] < classes).sum().item<int64_t>();
    result.valid += valid;
    if (valid > 0) labelled.push_back(static_cast<int64_t>(i));
  }
  if (result.valid == 0) return result;
  const int64_t height = labels[labelled.front()].size(0), width = labels[labelled.front()].size(1);
  for (const int64_t i : labelled) {
    require(labels[i].size(0) == height && labels[i].size(1) == width,
            "Expected label maps of one size in a batch.");
  }

  const auto count = static_cast<int64_t>(labelled.size());
  const at::Tensor inputs =
      codes.index_select(0, at::tensor(labelled, at::kLong).to(codes.device()));  // [L, T, D]
  const at::Tensor matrix = enlarging_matrix(grid_width, width);
  const at::Tensor logits =
      at::mm(probe(inputs).cpu().transpose(1, 2).reshape({-1, grid_width}), matrix);  // [L * K * h, width]
  at::Tensor enlarged_gradient = at::zeros_like(logits);
  std::vector<double> losses(count, 0.0);
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t offset = i * classes * grid_height * width;
      losses[i] = image_loss(
          logits.const_data_ptr<float>() + offset, enlarged_gradient.mutable_data_ptr<float>() + offset,
          labels[labelled[i]].const_data_ptr<uint8_t>(), classes, grid_height, height, width);
    }
  });
  for (const double loss : losses) result.loss += loss;
  result.loss /= static_cast<double>(result.valid);
  const at::Tensor gradient =
      at::mm(enlarged_gradient, matrix.t()).div_(static_cast<double>(result.valid));  // [L * K * h, w]
  const at::Tensor flat = gradient.view({count, classes, grid_height * grid_width})
                              .transpose(1, 2)
                              .reshape({-1, classes})
                              .to(codes.device());  // [L * T, K]
  result.weight_gradient = at::mm(flat.t(), inputs.reshape({-1, inputs.size(2)}));
  result.bias_gradient = flat.sum(0);
  return result;
}

}  // namespace stego
