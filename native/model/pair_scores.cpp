#include "model/pair_scores.h"

#include <cmath>

#include "core/describe.h"
#include "core/error.h"
#include "loss/equations.h"
#include "loss/sampling.h"
#include "model/predict.h"

namespace stego {

namespace {

// The contrastive CRF kernel of plot_pr_curves.py: places in [-1, 1], colors normalized, scales through exp.
constexpr double kBilateral = 10, kGaussian = 3, kShift = -0.3;
const double kAlpha = std::exp(0.5), kBeta = std::exp(0.15), kGamma = std::exp(0.05);

constexpr int64_t kVoid = -1, kBorder = -2;  // instead of a class: on void, on pixels of several classes

// Values read at the sampled positions of some images.
struct Sampled {
  at::Tensor features, codes;  // [B, P, C], [B, P, dim], unit vectors
  at::Tensor colors, places;   // [B, P, 3], [B, P, 2]
  at::Tensor classes;          // int64 [B, P], a class, kVoid or kBorder
};

// The order in which SamplePoints reads coordinates [B, S, S, 2]: [B, P, 2].
at::Tensor reading_order(const at::Tensor& coordinates) {
  return coordinates.permute({0, 2, 1, 3}).reshape({coordinates.size(0), -1, 2});
}

// The class of the pixels around (x, y) that bilinear sampling would read.
int64_t class_at(const uint8_t* labels, int64_t height, int64_t width, float x, float y, int64_t classes) {
  const float column = (x + 1) * (0.5f * static_cast<float>(width - 1));
  const float row = (y + 1) * (0.5f * static_cast<float>(height - 1));
  const auto left = static_cast<int64_t>(std::floor(column)), top = static_cast<int64_t>(std::floor(row));
  const auto right = static_cast<int64_t>(std::ceil(column)), bottom = static_cast<int64_t>(std::ceil(row));
  const int64_t corners[4] = {labels[top * width + left], labels[top * width + right],
                              labels[bottom * width + left], labels[bottom * width + right]};
  bool border = false;
  for (const int64_t corner : corners) {
    if (corner >= classes) return kVoid;
    border = border || corner != corners[0];
  }
  return border ? kBorder : corners[0];
}

at::Tensor sample_classes(const std::vector<at::Tensor>& labels, const at::Tensor& places, int64_t classes) {
  const at::Tensor points = places.contiguous();
  at::Tensor result = at::empty({points.size(0), points.size(1)}, at::kLong);
  auto* target = result.mutable_data_ptr<int64_t>();
  const auto* point = points.const_data_ptr<float>();
  for (const at::Tensor& map : labels) {
    const auto* bytes = map.const_data_ptr<uint8_t>();
    for (int64_t i = 0; i < points.size(1); ++i, point += 2) {
      *target++ = class_at(bytes, map.size(0), map.size(1), point[0], point[1], classes);
    }
  }
  return result;
}

// The maps that are sampled for some images.
struct Maps {
  at::Tensor input;  // [B, 3, H, W]
  Grids grids;
  std::vector<at::Tensor> labels;  // uint8 [H, W, 1] each
};

Maps compute_maps(const Network& network, const std::vector<LabeledImage>& images, const Transform& transform,
                  const CancelFlag& cancel) {
  check_sizes(images);
  std::vector<at::Tensor> labels;
  for (const auto& [image, label] : images) {
    labels.push_back(transform_bytes(label, map_pixels(label.height, label.width, transform)));
  }
  const at::Tensor input = prepare_images(pictures_of(images), transform, network.backbone->device(), cancel);
  const auto [codes, features] = compute_grids(network, input, {false, true, transform.max_patches}, cancel);
  return {input.cpu(), {codes.cpu(), features.cpu()}, labels};
}

Sampled sample(const Maps& maps, const at::Tensor& coordinates, int64_t classes) {
  require(coordinates.dim() == 4 && coordinates.size(0) == maps.input.size(0) && coordinates.size(3) == 2 &&
              coordinates.ge(-1).logical_and(coordinates.le(1)).all().item<bool>(),
          "Expected coordinates [", maps.input.size(0), ", S, S, 2] from -1 to 1, got ",
          described(coordinates), ".");
  const Grids& grids = maps.grids;
  const SamplePoints on_patches(coordinates, grids.features.size(1), grids.features.size(2));
  const SamplePoints on_pixels(coordinates, maps.input.size(2), maps.input.size(3));
  const at::Tensor places = reading_order(coordinates);
  return {normalize_samples(on_patches.sample(grids.features.flatten(1, 2))),
          normalize_samples(on_patches.sample(grids.codes.flatten(1, 2))),
          on_pixels.sample(maps.input.flatten(2).transpose(1, 2)), places,
          sample_classes(maps.labels, places, classes)};
}

// Squared distances of the rows of a [B, P, D] and b [B, Q, D]: [B, P, Q].
at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b) {
  return (a.unsqueeze(2) - b.unsqueeze(1)).square().sum(3);
}

at::Tensor crf_kernel(const Sampled& a, const Sampled& b) {
  const at::Tensor apart = squared_distances(a.places, b.places),
                   unlike = squared_distances(a.colors, b.colors);
  return kBilateral * at::exp(-apart / (2 * kAlpha) - unlike / (2 * kBeta)) +
         kGaussian * at::exp(-apart / (2 * kGamma)) - kShift;
}

void count(ScoreCounts& counts, const at::Tensor& scores, const at::Tensor& first, const at::Tensor& second) {
  const at::Tensor values = scores.cpu().contiguous();  // [B, P, Q]
  const auto* value = values.const_data_ptr<float>();
  const auto* a = first.const_data_ptr<int64_t>();
  const auto* b = second.const_data_ptr<int64_t>();
  const int64_t rows = values.size(0) * values.size(1), columns = values.size(2);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t* partners = b + row / values.size(1) * columns;
    for (int64_t column = 0; column < columns; ++column, ++value) {
      if (a[row] == kVoid || partners[column] == kVoid) continue;
      counts.add(*value, a[row] != kBorder && a[row] == partners[column]);
    }
  }
}

}  // namespace

PairScores::PairScores() : features_(-1, 1), codes_(-1, 1), crf_(-kShift, kBilateral + kGaussian - kShift) {}

void PairScores::add(const Network& network, const std::vector<LabeledImage>& images,
                     const std::vector<LabeledImage>& partners, const at::Tensor& first,
                     const at::Tensor& second, const Transform& transform, const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  require(partners.empty() || partners.size() == images.size(), "Expected as many partners as images, got ",
          partners.size(), " and ", images.size(), ".");
  const int64_t classes = network.options.classes;
  const Maps maps = compute_maps(network, images, transform, cancel);
  const Sampled a = sample(maps, first, classes);
  const Sampled b =
      sample(partners.empty() ? maps : compute_maps(network, partners, transform, cancel), second, classes);
  count(features_, at::bmm(a.features, b.features.transpose(1, 2)), a.classes, b.classes);
  count(codes_, at::bmm(a.codes, b.codes.transpose(1, 2)), a.classes, b.classes);
  count(crf_, crf_kernel(a, b), a.classes, b.classes);
}

}  // namespace stego
