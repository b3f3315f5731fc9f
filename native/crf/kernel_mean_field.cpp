#include "crf/kernel_mean_field.h"

#include <c10/core/DeviceGuard.h>

#include <cmath>

#include "core/error.h"
#include "crf/kernels/device_field.h"
#include "crf/pixel_features.h"
#include "device/devices.h"
#include "kernels/host.h"

namespace stego::crf {

namespace {

StartScores::Kind kind_of(ScoreKind kind) {
  switch (kind) {
    case ScoreKind::energies:
      return StartScores::Kind::energies;
    case ScoreKind::probabilities:
      return StartScores::Kind::probabilities;
    default:
      return StartScores::Kind::logits;
  }
}

DeviceTerm term_of(const Features& features, Normalization normalization) {
  const bool symmetric = normalization == Normalization::symmetric;
  return {features.dims,
          features.values.data(),
          features.stride,
          features.points,
          normalization != Normalization::none,
          symmetric,
          symmetric || normalization == Normalization::before,
          symmetric || normalization == Normalization::after};
}

DeviceSet::Energies energies_of(const Compatibility& compatibility, int64_t labels) {
  const std::vector<float>& values = compatibility.values;
  const auto size = static_cast<int64_t>(values.size());
  if (size == 1) return {std::vector<float>(labels, -values[0]), {}};  // Potts: agreement is rewarded
  if (size == labels) return {values, {}};
  std::vector<float> matrix(labels * labels);  // row m for a unit of label m
  for (int64_t m = 0; m < labels; ++m) {
    for (int64_t l = 0; l < labels; ++l) {
      matrix[m * labels + l] = 0.5f * (values[l * labels + m] + values[m * labels + l]);
    }
  }
  return {{}, matrix};
}

std::unique_ptr<DeviceField> make_field(const at::Device& device, LaunchOrder order, int64_t points,
                                        const std::vector<DeviceTerm>& terms,
                                        const std::vector<DeviceSet>& sets) {
#ifdef STEGO_CUDA
  if (device.is_cuda()) {
    const c10::DeviceGuard guard(device);
    return cuda_field(stream_of(device), points, terms, sets);
  }
#endif
  return std::make_unique<FieldOn<HostDevice>>(HostDevice(order), points, terms, sets);
}

class KernelMeanField : public MeanField {
 public:
  KernelMeanField(std::unique_ptr<DeviceField> field, const at::Device& device, int64_t height, int64_t width)
      : field_(std::move(field)), device_(device), height_(height), width_(width) {}

  void step(const CancelFlag& cancel) override {
    const c10::DeviceGuard guard(device_);
    for (int64_t set = 0; set < sets(); ++set) {
      cancel.poll();
      field_->step(set);
    }
  }

  at::Tensor probabilities(int64_t set) const override {
    return rows(set).t().contiguous().cpu().view({-1, height_, width_});
  }

  at::Tensor labels(int64_t set) const override {
    return rows(set).argmax(1).to(at::kCPU, at::kByte).view({height_, width_});
  }

  double divergence(int64_t set) override {
    const at::Tensor Q = rows(set);
    at::Tensor scores = at::empty_like(Q);
    const c10::DeviceGuard guard(device_);
    field_->read_scores(set, scores.mutable_data_ptr<float>());
    return (Q * (Q.clamp_min(1e-20).log() - scores)).sum(at::kDouble).item<double>();
  }

  int64_t sets() const override { return field_->sets(); }
  std::vector<int64_t> vertices() const override { return field_->vertices(); }
  int64_t bytes() const override {
    int64_t total = 0;
    for (int64_t set = 0; set < sets(); ++set) total += 2 * 4 * height_ * width_ * field_->labels(set);
    return total;
  }

 private:
  at::Tensor rows(int64_t set) const {  // [points, labels]
    require(set >= 0 && set < sets(), "Expected a label set below ", sets(), ", got ", set, ".");
    const c10::DeviceGuard guard(device_);
    at::Tensor result =
        at::empty({height_ * width_, field_->labels(set)}, at::TensorOptions(at::kFloat).device(device_));
    field_->read(set, result.mutable_data_ptr<float>());
    return result;
  }

  std::unique_ptr<DeviceField> field_;
  at::Device device_;
  int64_t height_, width_;
};

}  // namespace

std::unique_ptr<MeanField> kernel_mean_field(const Problem& problem, const at::Device& device,
                                             const CancelFlag& cancel) {
  std::vector<Features> features;
  std::vector<DeviceTerm> terms;
  for (const Term& term : problem.options.terms) {
    cancel.poll();
    features.push_back(pixel_features(problem.image, term.filter));
  }
  for (size_t i = 0; i < features.size(); ++i) {
    terms.push_back(term_of(features[i], problem.options.terms[i].filter.normalization));
  }
  std::vector<DeviceSet> sets;
  std::vector<at::Tensor> kept;
  for (const LabelScores& scores : problem.scores) {
    kept.push_back(scores.values.contiguous());
    DeviceSet set{kind_of(scores.kind), scores.values.size(0), kept.back().const_data_ptr<float>(), {}};
    for (const Term& term : problem.options.terms) {
      set.energies.push_back(energies_of(term.compatibility, set.labels));
    }
    sets.push_back(std::move(set));
  }
  const int64_t height = problem.image.height, width = problem.image.width;
  return std::make_unique<KernelMeanField>(
      make_field(device, problem.options.order, height * width, terms, sets), device, height, width);
}

}  // namespace stego::crf
