#include "crf/kernel_mean_field.h"

#include <cmath>

#include "core/error.h"
#include "crf/kernels/device_field.h"
#include "crf/pixel_features.h"
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

class KernelMeanField : public MeanField {
 public:
  KernelMeanField(std::unique_ptr<DeviceField> field, int64_t height, int64_t width)
      : field_(std::move(field)), height_(height), width_(width) {}

  void step(const CancelFlag& cancel) override {
    for (int64_t set = 0; set < sets(); ++set) {
      cancel.poll();
      field_->step(set);
    }
  }

  at::Tensor probabilities(int64_t set) const override {
    return rows(set).t().contiguous().view({-1, height_, width_});
  }

  at::Tensor labels(int64_t set) const override {
    return rows(set).argmax(1).to(at::kByte).view({height_, width_});
  }

  double divergence(int64_t set) override {
    const at::Tensor Q = rows(set);
    at::Tensor scores = at::empty_like(Q);
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
    at::Tensor result = at::empty({height_ * width_, field_->labels(set)}, at::kFloat);
    field_->read(set, result.mutable_data_ptr<float>());
    return result;
  }

  std::unique_ptr<DeviceField> field_;
  int64_t height_, width_;
};

}  // namespace

std::unique_ptr<MeanField> kernel_mean_field(const Problem& problem, const CancelFlag& cancel) {
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
  auto field =
      std::make_unique<FieldOn<HostDevice>>(HostDevice(problem.options.order), height * width, terms, sets);
  return std::make_unique<KernelMeanField>(std::move(field), height, width);
}

}  // namespace stego::crf
