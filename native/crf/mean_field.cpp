// Mean-field inference in a fully connected CRF (Kraehenbuehl and Koltun, NIPS 2011, algorithm 1;
// docs/dense-crf-algorithm.md):
//
//   Q = softmax(-U)                               initialize
//   until converged:
//     F_k = K_k Q            for every kernel     message passing: splat, blur, slice on its lattice
//     E   = sum_k F_k mu_k                        compatibility transform
//     Q   = softmax(-U - E)                       local update and normalization
//
// This is the form on libtorch's operators. It runs on any device and in any type. fast/ computes the same on
// a CPU in float32, kernels/ on a GPU; both are tested against it. N pixels, C labels, V vertices of a
// lattice with D + 1 axes.
#include "crf/mean_field.h"

#include <cmath>

#include "core/form.h"
#include "crf/fast/fused_mean_field.h"
#include "crf/kernel_mean_field.h"
#include "crf/lattice_tensors.h"
#include "crf/pixel_features.h"

namespace stego::crf {

namespace {

class Kernel {
 public:
  Kernel(const Term& term, const Lattice& lattice, at::TensorOptions options)
      : lattice_(to_tensors(lattice, options)),
        compatibility_(at::tensor(term.compatibility.values, options)) {
    const at::Tensor count = filter(at::ones({lattice.points, 1}, options)) + 1e-20;  // [N, 1] of neighbors
    const at::Tensor one = at::ones_like(count);
    switch (term.filter.normalization) {
      case Normalization::none:
        before_ = after_ = one;
        break;
      case Normalization::before:
        before_ = 1 / count, after_ = one;
        break;
      case Normalization::after:
        before_ = one, after_ = 1 / count;
        break;
      case Normalization::symmetric:
        before_ = after_ = count.rsqrt();
        break;
    }
  }

  // The energies that this kernel adds, [N, C] from [N, C].
  at::Tensor energies(const at::Tensor& Q) const {
    const at::Tensor filtered = after_ * filter(before_ * Q);
    const int64_t labels = Q.size(1);
    if (compatibility_.numel() == 1) return -compatibility_ * filtered;  // Potts: agreement is rewarded
    if (compatibility_.numel() == labels) return compatibility_ * filtered;
    const at::Tensor matrix = compatibility_.view({labels, labels});
    return filtered.matmul(0.5 * (matrix + matrix.t()));
  }

  int64_t vertices() const { return lattice_.vertices; }
  int64_t bytes() const { return lattice_.bytes() + before_.nbytes() + after_.nbytes(); }

 private:
  // The Gaussian filter over all pixels, on the permutohedral lattice (Adams, Baek and Davis, 2010).
  at::Tensor filter(const at::Tensor& rows) const {
    const auto& [corner, weight, neighbors, vertices] = lattice_;
    at::Tensor splat = weight.unsqueeze(2) * rows.unsqueeze(1);                   // [N, D + 1, C]
    at::Tensor values = at::zeros({vertices + 1, rows.size(1)}, rows.options());  // the last stays 0
    values.index_add_(0, corner.flatten(), splat.flatten(0, 1));
    for (const at::Tensor& axis : neighbors.unbind(0)) {  // [2, V]
      values.narrow(0, 0, vertices) +=
          0.5 * (values.index_select(0, axis[0]) + values.index_select(0, axis[1]));
    }
    const at::Tensor read = values.index_select(0, corner.flatten()).view_as(splat);
    const double alpha = 1 / (1 + std::exp2(1 - corner.size(1)));
    return alpha * (weight.unsqueeze(2) * read).sum(1);
  }

  LatticeTensors lattice_;
  at::Tensor compatibility_;
  at::Tensor before_, after_;  // [N, 1]
};

// Unaries [N, C].
at::Tensor energies_of(const LabelScores& scores, at::TensorOptions options) {
  const at::Tensor values = scores.values.to(options).flatten(1).t();
  if (scores.kind == ScoreKind::energies) return values;
  const at::Tensor p = scores.kind == ScoreKind::logits ? values.softmax(1) : values;
  return -p.clamp(1e-5, 1).log();
}

class PlainMeanField : public MeanField {
 public:
  PlainMeanField(const Problem& problem, at::TensorOptions options, const CancelFlag& cancel)
      : height_(problem.image.height), width_(problem.image.width) {
    for (const Term& term : problem.options.terms) {
      cancel.poll();
      kernels_.emplace_back(term, build_lattice(pixel_features(problem.image, term.filter), cancel), options);
    }
    for (const LabelScores& scores : problem.scores) {
      U_.push_back(energies_of(scores, options));
      Q_.push_back((-U_.back()).softmax(1));
    }
  }

  void step(const CancelFlag& cancel) override {
    for (size_t set = 0; set < Q_.size(); ++set) {
      at::Tensor logits = -U_[set];
      for (const Kernel& kernel : kernels_) {
        cancel.poll();
        logits = logits - kernel.energies(Q_[set]);
      }
      Q_[set] = logits.softmax(1);
    }
  }

  at::Tensor probabilities(int64_t set) const override {
    return Q_.at(set).t().to(at::kCPU, at::kFloat).contiguous().view({-1, height_, width_});
  }

  at::Tensor labels(int64_t set) const override {
    return Q_.at(set).argmax(1).to(at::kCPU, at::kByte).view({height_, width_});
  }

  double divergence(int64_t set) override {
    const at::Tensor& Q = Q_.at(set);
    at::Tensor energies = U_[set];
    for (const Kernel& kernel : kernels_) energies = energies + kernel.energies(Q);
    return (Q * (Q.clamp_min(1e-20).log() + energies)).sum(at::kDouble).item<double>();
  }

  int64_t sets() const override { return static_cast<int64_t>(Q_.size()); }

  std::vector<int64_t> vertices() const override {
    std::vector<int64_t> counts;
    for (const Kernel& kernel : kernels_) counts.push_back(kernel.vertices());
    return counts;
  }

  int64_t bytes() const override {
    size_t total = 0;
    for (size_t set = 0; set < Q_.size(); ++set) total += U_[set].nbytes() + Q_[set].nbytes();
    for (const Kernel& kernel : kernels_) total += kernel.bytes();
    return static_cast<int64_t>(total);
  }

 private:
  int64_t height_, width_;
  std::vector<Kernel> kernels_;
  std::vector<at::Tensor> U_, Q_;  // [N, C] of each label set
};

}  // namespace

std::unique_ptr<MeanField> make_mean_field(const Problem& problem, const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  const Form form = problem.options.form;
  const at::Device device = problem.scores.front().values.device();
  if (form == Form::kernels || !device.is_cpu()) return kernel_mean_field(problem, device, cancel);
  if (form == Form::operators || by_operators(at::kCPU))
    return std::make_unique<PlainMeanField>(problem, at::kFloat, cancel);
  return fuse_mean_field(problem, cancel);
}

}  // namespace stego::crf
