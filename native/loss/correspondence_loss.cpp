// STEGO's correspondence loss (Hamilton et al., ICLR 2022; modules.py ContrastiveCorrelationLoss).
//
// A frozen backbone gives the features of two images, and the head gives their codes. F and S are the cosine
// similarities of every position of one image with every position of the other, for features and for codes:
//
//   F[i, j] = f_i . g_j / (|f_i| |g_j|)                                                      (1)
//   L(F, S, b) = - mean_ij (F_centered[i, j] - b) * max(S[i, j], 0)                          (2 to 4)
//   L = w_self L(x, x) + w_knn L(x, neighbor of x) + w_random L(x, random image)             (5)
//
// If F exceeds the shift b, codes are pulled together; if it falls short, they are pushed apart.
//
// This is the plain form. It runs on any device and in any type, and autograd computes its gradient. fast/
// computes the same on a CPU, tile by tile, and is tested against it. B images, P = Q = S * S sampled
// positions, C channels.
#include "loss/correspondence_loss.h"

#include "core/error.h"
#include "core/l2_normalize.h"
#include "loss/fast/tiled_loss.h"

namespace stego {

at::Tensor normalize_samples(const at::Tensor& samples) {
  return l2_normalize(samples, kSampleEpsilon);
}

at::Tensor correspondence(const at::Tensor& x, const at::Tensor& y) {
  return at::bmm(normalize_samples(x), normalize_samples(y).transpose(1, 2));  // [B, P, Q]
}

namespace {

// Subtracts the mean over the partner's positions from each position; the official code adds the overall mean
// back.
at::Tensor center(const at::Tensor& F, Centering centering) {
  if (centering == Centering::none) return F;
  const at::Tensor centered = F - F.mean(2, /*keepdim=*/true);
  return centering == Centering::paper ? centered : centered + F.mean();
}

}  // namespace

at::Tensor pair_loss(const at::Tensor& F, const at::Tensor& S, double shift, const LossOptions& options) {
  at::Tensor similarity = options.zero_clamp ? S.clamp_min(0) : S;
  if (options.stabilize) similarity = similarity.clamp_max(kStableSimilarity);
  return -(center(F, options.centering) - shift) * similarity;
}

namespace {

// Equation 5, from the losses of each slot: itself, neighbor, random partners.
at::Tensor total_loss(const std::vector<at::Tensor>& losses, const LossOptions& options) {
  const auto reduce = [&](const at::Tensor& loss) {
    return options.reduction == Reduction::mean ? loss.mean() : loss.sum();
  };
  at::Tensor total =
      options.weights.self * reduce(losses[kSelfSlot]) + options.weights.knn * reduce(losses[kNeighborSlot]);
  if (losses.size() > kRandomSlot) total = total + options.weights.random * reduce(random_slots(losses));
  return options.correspondence_weight * total;
}

CorrespondenceLoss plain_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                              const LossOptions& options, PairMaps& gradients, PairDetails& details) {
  const CodeMaps leaves = with_gradients(codes);
  const std::vector<at::Tensor> f = sample_teacher(teacher, draws),
                                s = sample_slots(leaves.maps, leaves.points, draws.negatives);
  std::vector<at::Tensor> losses, similarities;  // for each slot, [B, P, Q]
  for (size_t slot = 0; slot < s.size(); ++slot) {
    const at::Tensor F = correspondence(f[kSelfSlot], f[slot]), S = correspondence(s[kSelfSlot], s[slot]);
    losses.push_back(pair_loss(F, S, of_slot(slot, options.shifts), options));
    similarities.push_back(S);
  }
  const at::Tensor total = total_loss(losses, options);
  total.backward();
  add_gradients(leaves.maps, gradients);
  keep_details(losses, similarities, details);

  const at::NoGradGuard no_grad;
  const auto term = [&](const auto& values_of) -> PairTerm {
    return {values_of(losses).mean().template item<double>(),
            values_of(similarities).mean().template item<double>()};
  };
  const auto slot = [](int64_t index) { return [=](const auto& slots) { return slots[index]; }; };
  return {total.item<double>(), term(slot(kSelfSlot)), term(slot(kNeighborSlot)),
          losses.size() > kRandomSlot ? term(random_slots) : PairTerm()};
}

bool is_plain(const LossOptions& options, const at::Device& device) {
  return options.plain || !device.is_cpu();
}

}  // namespace

CorrespondenceLoss correspondence_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                                       const LossOptions& options, PairMaps& gradients,
                                       PairDetails& details) {
  return is_plain(options, codes.maps.images.front().device())
             ? plain_loss(teacher, codes, draws, options, gradients, details)
             : tiled_loss(teacher, codes, draws, options, gradients, details);
}

FeatureCorrespondences feature_correspondences(const Teacher& teacher, const Draws& draws,
                                               const LossOptions& options) {
  const at::NoGradGuard no_grad;
  if (!is_plain(options, teacher.device())) return tiled_feature_correspondences(teacher, draws, options);
  const std::vector<at::Tensor> f = sample_teacher(teacher, draws);
  std::vector<at::Tensor> slots;
  for (const at::Tensor& partner : f) {
    slots.push_back(center(correspondence(f[kSelfSlot], partner), options.centering));
  }
  const bool random = slots.size() > kRandomSlot;
  return {slots[kSelfSlot].flatten(), slots[kNeighborSlot].flatten(),
          random ? random_slots(slots).flatten() : at::empty({0}, slots.front().options())};
}

}  // namespace stego
