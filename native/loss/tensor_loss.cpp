#include "loss/tensor_loss.h"

#include "loss/equations.h"

namespace stego {

namespace {

// The gradient of clamp_similarity(): 1 within the bounds, 0 outside.
at::Tensor within_bounds(const at::Tensor& S, const LossOptions& options) {
  at::Tensor within = at::ones_like(S);
  if (options.zero_clamp) within.mul_(S.ge(0));
  if (options.stabilize) within.mul_(S.le(kStableSimilarity));
  return within;
}

// The gradient of samples given that of their unit vectors, both [B, P, C].
at::Tensor normalize_backward(const at::Tensor& samples, const at::Tensor& units,
                              const at::Tensor& gradient) {
  const at::Tensor norms = at::linalg_vector_norm(samples, 2, {-1}, /*keepdim=*/true);
  const at::Tensor radial = units * (units * gradient).sum(-1, /*keepdim=*/true);
  const at::Tensor tangential = at::where(norms > kSampleEpsilon, gradient - radial, gradient);
  return tangential / norms.clamp_min(kSampleEpsilon);
}

// Adds the gradients of each slot's samples [B, P, C] to the maps that they were read from.
void sample_backward(const std::vector<at::Tensor>& samples, const PairPoints& points,
                     const at::Tensor& negatives, PairMaps& gradients) {
  const auto spread = [](const SamplePoints& at, const at::Tensor& values, int64_t image, at::Tensor& map) {
    map.addmm_(at.matrix(image, map.size(0)).t().to(map.scalar_type()), values[image]);
  };
  const auto batch = static_cast<int64_t>(gradients.images.size());
  for (int64_t i = 0; i < batch; ++i) {
    spread(points.anchors, samples[kSelfSlot], i, gradients.images[i]);
    spread(points.neighbors, samples[kNeighborSlot], i, gradients.neighbors[i]);
    for (size_t slot = kRandomSlot; slot < samples.size(); ++slot) {
      const auto other = negatives[static_cast<int64_t>(slot) - kRandomSlot][i].item<int64_t>();
      spread(points.partners, samples[slot], i, gradients.images[other]);
    }
  }
}

}  // namespace

CorrespondenceLoss tensor_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                               const LossOptions& options, PairMaps& gradients, PairDetails& details) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> f = sample_teacher(teacher, draws),
                                s = sample_slots(codes.maps, codes.points, draws.negatives);
  const auto slots = static_cast<int64_t>(s.size());
  std::vector<at::Tensor> units, unit_gradients;
  for (const at::Tensor& samples : s) {
    units.push_back(normalize_samples(samples));
    unit_gradients.push_back(at::zeros_like(samples));
  }
  CorrespondenceLoss result{0, {}, {}, {}};
  std::vector<at::Tensor> losses, similarities;  // kept only if the details ask for them
  for (int64_t slot = 0; slot < slots; ++slot) {
    const at::Tensor F = center(correspondence(f[kSelfSlot], f[slot]), options.centering);
    const at::Tensor S = at::bmm(units[kSelfSlot], units[slot].transpose(1, 2));  // [B, P, Q]
    const at::Tensor slope = of_slot(slot, options.shifts) - F;
    const at::Tensor loss = slope * clamp_similarity(S, options);
    const SlotWeight weight = weight_of(slot, slots, S.numel(), options);
    add_slot(result, slot, weight, loss.sum(at::kDouble).item<double>(), S.sum(at::kDouble).item<double>());
    const at::Tensor gradient = slope * within_bounds(S, options) * weight.scale;
    unit_gradients[kSelfSlot].add_(at::bmm(gradient, units[slot]));
    unit_gradients[slot].add_(at::bmm(gradient.transpose(1, 2), units[kSelfSlot]));
    if (!details.elements && !details.histograms) continue;
    losses.push_back(loss);
    similarities.push_back(S);
  }
  for (int64_t slot = 0; slot < slots; ++slot) {
    unit_gradients[slot] = normalize_backward(s[slot], units[slot], unit_gradients[slot]);
  }
  sample_backward(unit_gradients, codes.points, draws.negatives, gradients);
  keep_details(losses, similarities, details);
  return result;
}

FeatureCorrespondences tensor_feature_correspondences(const Teacher& teacher, const Draws& draws,
                                                      const LossOptions& options) {
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
