// STEGO's correspondence loss (Hamilton et al., ICLR 2022, equations 1 to 5; modules.py
// ContrastiveCorrelationLoss).
//
// A frozen backbone gives features f of an image and g of another, the head gives codes s and t. F and S are
// the cosine similarities of every position of one with every position of the other. Where F exceeds the
// shift b, the codes are drawn together, where it falls short, apart:
//
//   L(x, x', b) = - mean over pairs of positions of (F_centred - b) * max(S, 0)
//   L = w_self L(x, x, b_self) + w_knn L(x, x_knn, b_knn) + w_random L(x, x_random, b_random)
//
// B images, P = Q = S*S sampled positions, C feature channels.
#include "loss/correspondence_loss.h"

#include <limits>

#include "core/error.h"
#include "head/cluster_probe.h"

namespace stego {

namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();
constexpr double kStable = 0.8;  // the official stabalize

// The points of both sides on one grid.
PairPoints points_on(const Draws& draws, int64_t height, int64_t width) {
  const SamplePoints second(draws.coordinates2, height, width);
  return {SamplePoints(draws.coordinates1, height, width), second, second};
}

// Unit vectors [B, slots, P, values] of one-hot classes at the sampled positions.
at::Tensor sample_classes(const Teacher& teacher, const Draws& draws) {
  const PairPoints points = points_on(draws, teacher.grid_height, teacher.grid_width);
  std::vector<at::Tensor> slots = {points.anchors.sample_one_hot(teacher.classes, teacher.values),
                                   points.neighbors.sample_one_hot(teacher.positive_classes, teacher.values)};
  for (const at::Tensor& others : draws.negatives.unbind(0)) {
    slots.push_back(points.partners.sample_one_hot(teacher.classes.index_select(0, others), teacher.values));
  }
  return normalize_samples(at::stack(slots, 1));
}

// Each image at its anchors, against all slots.
UnitPairs all_slots(const at::Tensor& units) {
  return {units.select(1, kSelfSlot), units};
}

UnitPairs teach(const Teacher& teacher, const Draws& draws) {
  require(draws.coordinates1.sizes() == draws.coordinates2.sizes(),
          "Expected as many positions in an image as in its partners.");
  if (teacher.classes.defined()) return all_slots(sample_classes(teacher, draws));
  const PairPoints points = points_on(draws, teacher.grid_height, teacher.grid_width);
  return all_slots(sample_pairs(teacher.features, points, draws.negatives).units);
}

}  // namespace

at::Tensor normalize_samples(const at::Tensor& samples) {
  return l2_normalize(samples, 1e-10);
}

at::Tensor centering_offsets(const UnitPairs& features, Centering centering) {
  // The mean over a partner's positions is the product with the partner's mean vector.
  const at::Tensor means = at::bmm(features.anchors, features.partners.mean(2).transpose(1, 2));  // [B, P, n]
  if (centering == Centering::none) return at::zeros_like(means);
  return centering == Centering::paper ? -means : means.mean({0, 1}, /*keepdim=*/true) - means;
}

PairRule pair_rule(const UnitPairs& features, const std::vector<double>& shifts, std::vector<double> scales,
                   const LossOptions& options) {
  const at::Tensor offsets = centering_offsets(features, options.centering);
  return {(offsets - at::tensor(shifts, offsets.options())).contiguous(),
          options.zero_clamp ? 0 : -kUnbounded, options.stabilize ? kStable : kUnbounded, std::move(scales)};
}

CorrespondenceLoss correspondence_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                                       const LossOptions& options, PairMaps& gradients,
                                       PairDetails& details) {
  const at::NoGradGuard no_grad;
  const PairSamples samples = sample_pairs(codes.maps, codes.points, draws.negatives);
  const UnitPairs features = teach(teacher, draws), own = all_slots(samples.units);
  const int64_t batch = samples.units.size(0), points = samples.units.size(2),
                randoms = draws.negatives.size(0);

  // Slots of one pair type share its weight; the mean of a type is that over its images, slots and positions.
  const auto pairs = static_cast<double>(batch * points * points);  // in a slot
  const auto scale = [&](double weight, int64_t slots) {
    const double count = options.reduction == Reduction::mean ? pairs * static_cast<double>(slots) : 1;
    return options.correspondence_weight * weight / count;
  };
  std::vector<double> shifts(kRandomSlot + randoms, options.shifts.random),
      scales(kRandomSlot + randoms, scale(options.weights.random, randoms));
  shifts[kSelfSlot] = options.shifts.self;
  shifts[kNeighborSlot] = options.shifts.knn;
  scales[kSelfSlot] = scale(options.weights.self, 1);
  scales[kNeighborSlot] = scale(options.weights.knn, 1);

  PairTiles tiles = compare_pairs(features, own, pair_rule(features, shifts, scales, options), details);
  tiles.partners_gradient.select(1, kSelfSlot).add_(tiles.anchors_gradient);
  sample_pairs_backward(samples, tiles.partners_gradient, codes.points, draws.negatives, gradients);

  CorrespondenceLoss result{0, {}, {}, {}};
  for (size_t slot = 0; slot < scales.size(); ++slot) {
    PairTerm& term = slot == kSelfSlot ? result.self : slot == kNeighborSlot ? result.knn : result.random;
    const double count = slot < kRandomSlot ? pairs : pairs * static_cast<double>(randoms);
    result.total += scales[slot] * tiles.losses[slot];
    term.loss += tiles.losses[slot] / count;
    term.similarity += tiles.similarities[slot] / count;
  }
  return result;
}

FeatureCorrespondences feature_correspondences(const Teacher& teacher, const Draws& draws,
                                               const LossOptions& options) {
  const at::NoGradGuard no_grad;
  const UnitPairs features = teach(teacher, draws);
  const at::Tensor &anchors = features.anchors, &partners = features.partners;
  const at::Tensor pairs = at::bmm(anchors, partners.flatten(1, 2).transpose(1, 2));  // [B, P, n * P]
  const at::Tensor centred =
      pairs.view({anchors.size(0), anchors.size(1), partners.size(1), partners.size(2)}) +
      centering_offsets(features, options.centering).unsqueeze(3);  // [B, P, n, P]
  const auto flat = [&](int64_t slot, int64_t slots) { return centred.narrow(2, slot, slots).reshape({-1}); };
  return {flat(kSelfSlot, 1), flat(kNeighborSlot, 1), flat(kRandomSlot, draws.negatives.size(0))};
}

}  // namespace stego
