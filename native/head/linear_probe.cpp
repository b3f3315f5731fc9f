#include "head/linear_probe.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

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
  const float n = std::floor(x * 1.44269504f + 0.5f);
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

// Softmax over classes of one row of pixels, in place, leaving log-sum-exp in `lse`. logits: [classes,
// width].
STEGO_MULTIVERSION
void softmax_row(float* logits, float* lse, int64_t classes, int64_t width) {
  for (int64_t x = 0; x < width; ++x) lse[x] = logits[x];
  for (int64_t k = 1; k < classes; ++k) {
    const float* row = logits + k * width;
    for (int64_t x = 0; x < width; ++x) lse[x] = lse[x] > row[x] ? lse[x] : row[x];
  }
  std::vector<float> sums(width, 0.0f);
  float* sum = sums.data();
  for (int64_t k = 0; k < classes; ++k) {
    float* row = logits + k * width;
    for (int64_t x = 0; x < width; ++x) {
      row[x] = fast_exp(row[x] - lse[x]);
      sum[x] += row[x];
    }
  }
  for (int64_t k = 0; k < classes; ++k) {
    float* row = logits + k * width;
    for (int64_t x = 0; x < width; ++x) row[x] /= sum[x];
  }
  for (int64_t x = 0; x < width; ++x) lse[x] += std::log(sum[x]);
}

// One image: logits and gradient are [classes, h, w]; the gradient is that of the summed loss.
double image_loss(const float* logits, float* gradient, const uint8_t* labels, int64_t classes, int64_t h,
                  int64_t w, int64_t height, int64_t width) {
  const BilinearAxis rows(h, height), columns(w, width);
  std::vector<float> blended(w), pixels(classes * width), picked(width), lse(width), row_gradient(w);
  double loss = 0;
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* label = labels + y * width;
    if (std::all_of(label, label + width, [&](uint8_t value) { return value >= classes; })) continue;
    const int64_t y0 = rows.first[y] * w, y1 = rows.second[y] * w;
    const float wy = rows.weight[y];
    for (int64_t k = 0; k < classes; ++k) {
      const float* plane = logits + k * h * w;
      for (int64_t i = 0; i < w; ++i) blended[i] = plane[y0 + i] * (1 - wy) + plane[y1 + i] * wy;
      float* row = pixels.data() + k * width;
      for (int64_t x = 0; x < width; ++x) {
        const float wx = columns.weight[x];
        row[x] = blended[columns.first[x]] * (1 - wx) + blended[columns.second[x]] * wx;
      }
    }
    for (int64_t x = 0; x < width; ++x) picked[x] = label[x] < classes ? pixels[label[x] * width + x] : 0.0f;
    softmax_row(pixels.data(), lse.data(), classes, width);
    for (int64_t x = 0; x < width; ++x) {
      if (label[x] >= classes) continue;
      loss += lse[x] - picked[x];
      pixels[label[x] * width + x] -= 1.0f;
    }
    for (int64_t k = 0; k < classes; ++k) {
      const float* row = pixels.data() + k * width;
      std::fill(row_gradient.begin(), row_gradient.end(), 0.0f);
      for (int64_t x = 0; x < width; ++x) {
        if (label[x] >= classes) continue;
        const float wx = columns.weight[x];
        row_gradient[columns.first[x]] += row[x] * (1 - wx);
        row_gradient[columns.second[x]] += row[x] * wx;
      }
      float* plane = gradient + k * h * w;
      for (int64_t i = 0; i < w; ++i) {
        plane[y0 + i] += row_gradient[i] * (1 - wy);
        plane[y1 + i] += row_gradient[i] * wy;
      }
    }
  }
  return loss;
}

}  // namespace

ProbeLoss linear_probe_loss(const Pointwise& probe, const at::Tensor& codes, int64_t grid_height,
                            int64_t grid_width, const std::vector<at::Tensor>& labels) {
  const at::NoGradGuard no_grad;
  const int64_t classes = probe.weight.size(0), places = grid_height * grid_width;
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

  const at::Tensor inputs =
      codes.index_select(0, at::tensor(labelled, at::kLong).to(codes.device()));  // [L, T, D]
  const at::Tensor logits = probe(inputs).transpose(1, 2).cpu().contiguous();     // [L, K, T]
  at::Tensor gradient = at::zeros_like(logits);
  std::vector<double> losses(labelled.size(), 0.0);
  at::parallel_for(0, static_cast<int64_t>(labelled.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const at::Tensor& label = labels[labelled[i]];
      losses[i] = image_loss(logits.const_data_ptr<float>() + i * classes * places,
                             gradient.mutable_data_ptr<float>() + i * classes * places,
                             label.const_data_ptr<uint8_t>(), classes, grid_height, grid_width, label.size(0),
                             label.size(1));
    }
  });
  for (const double loss : losses) result.loss += loss;
  result.loss /= static_cast<double>(result.valid);
  gradient.div_(static_cast<double>(result.valid));
  const at::Tensor flat = gradient.to(codes.device()).transpose(1, 2).reshape({-1, classes});  // [L * T, K]
  result.weight_gradient = at::mm(flat.t(), inputs.reshape({-1, inputs.size(2)}));
  result.bias_gradient = flat.sum(0);
  return result;
}

}  // namespace stego
