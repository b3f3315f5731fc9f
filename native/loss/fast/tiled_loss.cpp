#include "loss/fast/tiled_loss.h"

#include <limits>

#include "core/l2_normalize.h"
#include "loss/fast/pair_samples.h"
#include "loss/fast/pair_tiles.h"

namespace stego {

namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

// Pairs each image's anchors with all its slots.
UnitPairs all_slots(const at::Tensor& units) {
  return {units.select(1, kSelfSlot), units};
}

UnitPairs sample_units(const Teacher& teacher, const Draws& draws) {
  if (teacher.classes.defined()) {
    return all_slots(l2_normalize(at::stack(sample_classes(teacher, draws), 1), kSampleEpsilon));
  }
  const PairPoints points = points_on_grid(draws, teacher.grid_height, teacher.grid_width);
  return all_slots(sample_pairs(teacher.features, points, draws.negatives).units);
}

// The offset that centering adds to an anchor's correspondences with a slot's partner, [B, P, n].
at::Tensor centering_offsets(const UnitPairs& features, Centering centering) {
  // The mean over a partner's positions is the product with the partner's mean vector.
  const at::Tensor means = at::bmm(features.anchors, features.partners.mean(2).transpose(1, 2));
  if (centering == Centering::none) return at::zeros_like(means);
  return centering == Centering::paper ? -means : means.mean({0, 1}, /*keepdim=*/true) - means;
}

}  // namespace

CorrespondenceLoss tiled_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                              const LossOptions& options, PairMaps& gradients, PairDetails& details) {
  const at::NoGradGuard no_grad;
  const PairSamples samples = sample_pairs(codes.maps, codes.points, draws.negatives);
  const UnitPairs features = sample_units(teacher, draws), own = all_slots(samples.units);
  const int64_t batch = samples.units.size(0), slots = samples.units.size(1), points = samples.units.size(2);

  std::vector<SlotWeight> weights;
  std::vector<double> shifts, scales;
  for (int64_t slot = 0; slot < slots; ++slot) {
    weights.push_back(weight_of(slot, slots, batch * points * points, options));
    shifts.push_back(of_slot(slot, options.shifts));
    scales.push_back(weights[slot].scale);
  }
  const at::Tensor centering = centering_offsets(features, options.centering);
  const PairRule rule{(centering - at::tensor(shifts, centering.options())).contiguous(),
                      options.zero_clamp ? 0 : -kUnbounded,
                      options.stabilize ? kStableSimilarity : kUnbounded, scales};

  PairTiles tiles = compare_pairs(features, own, rule, details);
  tiles.partners_gradient.select(1, kSelfSlot).add_(tiles.anchors_gradient);
  sample_pairs_backward(samples, tiles.partners_gradient, codes.points, draws.negatives, gradients);

  CorrespondenceLoss result{0, {}, {}, {}};
  for (int64_t slot = 0; slot < slots; ++slot) {
    add_slot(result, slot, weights[slot], tiles.losses[slot], tiles.similarities[slot]);
  }
  return result;
}

FeatureCorrespondences tiled_feature_correspondences(const Teacher& teacher, const Draws& draws,
                                                     const LossOptions& options) {
  const UnitPairs features = sample_units(teacher, draws);
  const at::Tensor &anchors = features.anchors, &partners = features.partners;
  const at::Tensor pairs = at::bmm(anchors, partners.flatten(1, 2).transpose(1, 2));  // [B, P, n * P]
  const at::Tensor centered =
      pairs.view({anchors.size(0), anchors.size(1), partners.size(1), partners.size(2)}) +
      centering_offsets(features, options.centering).unsqueeze(3);  // [B, P, n, P]
  const auto flat = [&](int64_t slot, int64_t slots) {
    return centered.narrow(2, slot, slots).reshape({-1});
  };
  return {flat(kSelfSlot, 1), flat(kNeighborSlot, 1), flat(kRandomSlot, draws.negatives.size(0))};
}

}  // namespace stego
