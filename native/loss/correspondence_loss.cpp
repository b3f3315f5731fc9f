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

#include "core/error.h"
#include "head/cluster_probe.h"
#include "loss/sampling.h"

namespace stego {

at::Tensor normalize_samples(const at::Tensor& samples) {
  return l2_normalize(samples, 1e-10);
}

at::Tensor correspondence(const at::Tensor& unit1, const at::Tensor& unit2) {
  const int64_t batch = unit1.size(0), draws = unit2.size(0) / batch, points = unit2.size(1);
  const at::Tensor partners = unit2.reshape({batch, draws * points, unit2.size(2)});
  return at::bmm(unit1, partners.transpose(1, 2)).view({batch, unit1.size(1), draws, points});
}

at::Tensor center(const at::Tensor& feature_correspondence, Centering centering) {
  if (centering == Centering::none) return feature_correspondence;
  at::Tensor centred = feature_correspondence - feature_correspondence.mean({3}, /*keepdim=*/true);
  if (centering == Centering::paper) return centred;
  const auto overall = [](const at::Tensor& values) { return values.mean({0, 1, 3}, /*keepdim=*/true); };
  return centred.add_(overall(feature_correspondence) - overall(centred));
}

at::Tensor pair_loss(const at::Tensor& feature_correspondence, const at::Tensor& code_correspondence,
                     double shift, const LossOptions& options) {
  const c10::optional<at::Scalar> low = options.zero_clamp ? c10::optional<at::Scalar>(0.0) : c10::nullopt;
  const c10::optional<at::Scalar> high = options.stabilize ? c10::optional<at::Scalar>(0.8) : c10::nullopt;
  const at::Tensor similarity = low || high ? at::clamp(code_correspondence, low, high) : code_correspondence;
  return -similarity * (feature_correspondence - shift);
}

at::Tensor Teacher::sample(const SamplePoints& points, bool positive, const at::Tensor& sources) const {
  const at::Tensor& source = positive ? positive_maps : maps;
  return values > 0 ? points.sample_one_hot(source, values, sources) : points.sample(source, sources);
}

namespace {

// Unit vectors at the sampled positions.
struct Sampled {
  at::Tensor anchors;    // [B, P, C] of the images, at the first positions
  at::Tensor neighbors;  // [B, Q, C] of their neighbours, at the second positions
  at::Tensor randoms;    // [B * n, Q, C] of each image's random partners, at the second positions
};

// `sample(points, positive, sources)` reads the maps of the batch or of its neighbours.
template <typename Sample>
Sampled sample_pairs(const Draws& draws, int64_t grid_height, int64_t grid_width, Sample sample) {
  const SamplePoints first(draws.coordinates1, grid_height, grid_width);
  const SamplePoints second(draws.coordinates2, grid_height, grid_width);
  Sampled sampled{normalize_samples(sample(first, false, at::Tensor())),
                  normalize_samples(sample(second, true, at::Tensor())), at::Tensor()};
  if (draws.negatives.size(0) > 0) {
    sampled.randoms = normalize_samples(sample(second, false, draws.negatives.t()));
  }
  return sampled;
}

Sampled sample_teacher(const Teacher& teacher, const Draws& draws) {
  const at::NoGradGuard no_grad;
  return sample_pairs(draws, teacher.grid_height, teacher.grid_width,
                      [&](const SamplePoints& points, bool positive, const at::Tensor& sources) {
                        return teacher.sample(points, positive, sources);
                      });
}

at::Tensor reduce(const at::Tensor& loss, Reduction reduction) {
  return reduction == Reduction::mean ? loss.mean() : loss.sum();
}

}  // namespace

CorrespondenceLoss correspondence_loss(const PairInput& input, const Draws& draws,
                                       const LossOptions& options) {
  const Sampled codes =
      sample_pairs(draws, input.grid_height, input.grid_width,
                   [&](const SamplePoints& points, bool positive, const at::Tensor& sources) {
                     return points.sample(positive ? input.positive_codes : input.codes, sources);
                   });
  const Sampled features = sample_teacher(input.teacher, draws);
  const auto pair = [&](const at::Tensor& feature_partner, const at::Tensor& code_partner,
                        double shift) -> PairTerm {
    at::Tensor taught;
    {
      const at::NoGradGuard no_grad;
      taught = center(correspondence(features.anchors, feature_partner), options.centering);  // F
    }
    const at::Tensor similarity = correspondence(codes.anchors, code_partner);  // S
    return {pair_loss(taught, similarity, shift, options), similarity};
  };

  CorrespondenceLoss result;
  result.self = pair(features.anchors, codes.anchors, options.shifts.self);
  result.knn = pair(features.neighbors, codes.neighbors, options.shifts.knn);
  result.total = reduce(result.self.loss, options.reduction) * options.weights.self +
                 reduce(result.knn.loss, options.reduction) * options.weights.knn;
  if (codes.randoms.defined()) {
    result.random = pair(features.randoms, codes.randoms, options.shifts.random);
    result.total = result.total + reduce(result.random.loss, options.reduction) * options.weights.random;
  }
  result.total = result.total * options.correspondence_weight;
  return result;
}

FeatureCorrespondences feature_correspondences(const Teacher& teacher, const Draws& draws,
                                               const LossOptions& options) {
  const at::NoGradGuard no_grad;
  const Sampled sampled = sample_teacher(teacher, draws);
  const auto flat = [&](const at::Tensor& partner) {
    return center(correspondence(sampled.anchors, partner), options.centering).view(-1);
  };
  return {flat(sampled.anchors), flat(sampled.neighbors),
          sampled.randoms.defined() ? flat(sampled.randoms) : at::empty({0})};
}

}  // namespace stego
