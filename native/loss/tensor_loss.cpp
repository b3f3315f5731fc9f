#include "loss/tensor_loss.h"

#include <limits>

#include "device/launch.h"
#include "loss/equations.h"
#include "loss/kernels/pair_rows.h"

namespace stego {

namespace {

// F - b of equations 2 to 4 is the correspondence plus this, [B, P].
at::Tensor row_offsets(const at::Tensor& taught, double shift, Centering centering) {
  if (centering == Centering::none)
    return at::full({taught.size(0), taught.size(1)}, -shift, taught.options());
  const at::Tensor means = taught.mean(2);
  return centering == Centering::paper ? -means - shift : means.mean() - means - shift;
}

// A slot's pairs of positions, [B, P, Q].
struct SlotPairs {
  at::Tensor taught, offsets;  // correspondences of the features; [B, P]
  at::Tensor similarity;       // of the codes
  double scale;                // of the summed losses in the total
};

// A slot's summed losses and similarities, float64 [2], and the gradient for the similarities, already
// scaled.
struct SlotResult {
  at::Tensor sums, gradient;
};

at::Tensor sums_of(const at::Tensor& losses, const at::Tensor& similarities) {
  return at::stack({losses.sum(at::kDouble), similarities.sum(at::kDouble)});
}

// Compares a slot's pairs by libtorch's operators, in any type.
SlotResult compare_by_operators(const SlotPairs& pairs, const LossOptions& options) {
  const at::Tensor slope = -(pairs.taught + pairs.offsets.unsqueeze(2));
  const at::Tensor clamped = clamp_similarity(pairs.similarity, options);
  return {sums_of(slope * clamped, pairs.similarity), slope * clamped.eq(pairs.similarity) * pairs.scale};
}

// The same by one kernel, in float32. Overwrites the similarities.
SlotResult compare_by_kernel(const SlotPairs& pairs, const LossOptions& options) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const at::Tensor taught = pairs.taught.contiguous(), offsets = pairs.offsets.contiguous(),
                   losses = at::empty_like(offsets), sums = at::empty_like(offsets);
  at::Tensor gradient = pairs.similarity.contiguous();
  launch_rows(
      taught.device(), offsets.numel(),
      PairsOfAnchor{taught.const_data_ptr<float>(), offsets.const_data_ptr<float>(),
                    gradient.mutable_data_ptr<float>(), taught.size(2), options.zero_clamp ? 0 : -infinity,
                    options.stabilize ? static_cast<float>(kStableSimilarity) : infinity,
                    static_cast<float>(pairs.scale), losses.mutable_data_ptr<float>(),
                    sums.mutable_data_ptr<float>()});
  return {sums_of(losses, sums), gradient};
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
  const int64_t batch = samples.front().size(0), places = gradients.images.front().size(0);
  const auto transposed = [&](const SamplePoints& at) {
    return at.matrices(places).transpose(1, 2).to(samples.front().scalar_type());  // [B, places, P]
  };
  at::Tensor images = at::bmm(transposed(points.anchors), samples[kSelfSlot]);  // [B, places, C]
  const at::Tensor neighbors = at::bmm(transposed(points.neighbors), samples[kNeighborSlot]);
  const at::Tensor of_partners = transposed(points.partners);
  for (int64_t slot = kRandomSlot; slot < static_cast<int64_t>(samples.size()); ++slot) {
    // Several images may have had the same partner: a product adds them in a fixed order.
    const at::Tensor chosen = at::one_hot(negatives[slot - kRandomSlot], batch).to(images.scalar_type());
    const at::Tensor partners = at::bmm(of_partners, samples[slot]).flatten(1);  // [B, places * C]
    images.add_(at::mm(chosen.t(), partners).view(images.sizes()));
  }
  at::_foreach_add_(gradients.images, images.unbind(0));
  at::_foreach_add_(gradients.neighbors, neighbors.unbind(0));
}

}  // namespace

CorrespondenceLoss tensor_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                               const LossOptions& options, PairMaps& gradients, PairDetails& details) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> f = sample_teacher(teacher, draws),
                                s = sample_slots(codes.maps, codes.points, draws.negatives);
  const auto slots = static_cast<int64_t>(s.size());
  std::vector<at::Tensor> units, feature_units, unit_gradients;
  for (const at::Tensor& samples : s) {
    units.push_back(normalize_samples(samples));
    unit_gradients.push_back(at::zeros_like(samples));
  }
  CorrespondenceLoss result{0, {}, {}, {}};
  std::vector<SlotWeight> weights;
  std::vector<at::Tensor> sums, losses, similarities;  // kept only if the details ask for them
  for (const at::Tensor& samples : f) feature_units.push_back(normalize_samples(samples));
  for (int64_t slot = 0; slot < slots; ++slot) {
    const at::Tensor S = at::bmm(units[kSelfSlot], units[slot].transpose(1, 2));  // [B, P, Q]
    const at::Tensor taught = at::bmm(feature_units[kSelfSlot], feature_units[slot].transpose(1, 2));
    weights.push_back(weight_of(slot, slots, S.numel(), options));
    const SlotPairs pairs{taught, row_offsets(taught, of_slot(slot, options.shifts), options.centering), S,
                          weights[slot].scale};
    if (details.elements || details.histograms) {
      losses.push_back(-(taught + pairs.offsets.unsqueeze(2)) * clamp_similarity(S, options));
      similarities.push_back(S.clone());
    }
    const SlotResult compared = S.scalar_type() == at::kFloat && !options.plain
                                    ? compare_by_kernel(pairs, options)
                                    : compare_by_operators(pairs, options);
    sums.push_back(compared.sums);
    unit_gradients[kSelfSlot].add_(at::bmm(compared.gradient, units[slot]));
    unit_gradients[slot].add_(at::bmm(compared.gradient.transpose(1, 2), units[kSelfSlot]));
  }
  for (int64_t slot = 0; slot < slots; ++slot) {
    unit_gradients[slot] = normalize_backward(s[slot], units[slot], unit_gradients[slot]);
  }
  sample_backward(unit_gradients, codes.points, draws.negatives, gradients);
  const at::Tensor read = at::stack(sums).cpu();  // the only wait for a device
  for (int64_t slot = 0; slot < slots; ++slot) {
    add_slot(result, slot, weights[slot], read[slot][0].item<double>(), read[slot][1].item<double>());
  }
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
