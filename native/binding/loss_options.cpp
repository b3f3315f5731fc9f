#include "binding/loss_options.h"

#include "core/describe.h"
#include "core/error.h"

namespace stego {

PairValues read_pair_values(const Napi::Value& value, const char* name) {
  const Napi::Object object = read_object(value, name);
  return {read_number(object.Get("self"), name), read_number(object.Get("knn"), name),
          read_number(object.Get("random"), name)};
}

ContrastiveCrfOptions read_crf_options(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the options of the contrastive CRF");
  ContrastiveCrfOptions options{};
  options.weight = read_number(object.Get("weight"), "crf.weight");
  options.samples = read_integer(object.Get("samples"), "crf.samples");
  options.alpha = read_number(object.Get("alpha"), "crf.alpha");
  options.beta = read_number(object.Get("beta"), "crf.beta");
  options.gamma = read_number(object.Get("gamma"), "crf.gamma");
  options.bilateral = read_number(object.Get("bilateral"), "crf.bilateral");
  options.gaussian = read_number(object.Get("gaussian"), "crf.gaussian");
  options.shift = read_number(object.Get("shift"), "crf.shift");
  require(options.samples >= 1 && options.samples <= 1 << 14,
          "Expected crf.samples between 1 and 16384, got ", options.samples, ".");
  require(options.alpha > 0 && options.beta > 0 && options.gamma > 0,
          "Expected crf.alpha, crf.beta and crf.gamma above 0, got ", options.alpha, ", ", options.beta,
          " and ", options.gamma, ".");
  return options;
}

LossOptions read_loss_options(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the loss options");
  LossOptions options{};
  options.shifts = read_pair_values(object.Get("shifts"), "shifts");
  options.weights = read_pair_values(object.Get("weights"), "weights");
  options.centering = read_choice<Centering>(
      object.Get("centering"), "centering",
      {{"official", Centering::official}, {"paper", Centering::paper}, {"none", Centering::none}});
  options.reduction = read_choice<Reduction>(object.Get("reduction"), "reduction",
                                             {{"mean", Reduction::mean}, {"sum", Reduction::sum}});
  options.zero_clamp = read_boolean(object.Get("zeroClamp"), "zeroClamp");
  options.stabilize = read_boolean(object.Get("stabilize"), "stabilize");
  options.correspondence_weight = read_number(object.Get("correspondenceWeight"), "correspondenceWeight");
  const Napi::Value samples = object.Get("featureSamples");
  options.feature_samples = samples.IsString() ? read_choice<int64_t>(samples, "featureSamples", {{"all", 0}})
                                               : read_integer(samples, "featureSamples");
  options.negative_samples = read_integer(object.Get("negativeSamples"), "negativeSamples");
  options.dropout = read_number(object.Get("dropout"), "dropout");
  options.feature_dropout = read_boolean(object.Get("featureDropout"), "featureDropout");
  options.negatives =
      read_choice<Negatives>(object.Get("negatives"), "negatives",
                             {{"official", Negatives::official}, {"derangement", Negatives::derangement}});
  options.cluster_objective =
      read_choice<ClusterObjective>(object.Get("clusterObjective"), "clusterObjective",
                                    {{"nearestCenter", ClusterObjective::nearest_center},
                                     {"nearestPosition", ClusterObjective::nearest_position}});
  options.reconstruction_weight = read_number(object.Get("reconstructionWeight"), "reconstructionWeight");
  const Napi::Object alignment = read_object(object.Get("alignment"), "alignment");
  options.alignment.weight = read_number(alignment.Get("weight"), "alignment.weight");
  options.alignment.official_axes =
      read_choice<bool>(alignment.Get("axes"), "alignment.axes", {{"correct", false}, {"official", true}});
  options.crf = read_crf_options(object.Get("crf"));
  options.plain = object.Get("plain").ToBoolean().Value();
  require(samples.IsString() || (options.feature_samples >= 1 && options.feature_samples <= 1024),
          "Expected featureSamples between 1 and 1024, or 'all', got ", options.feature_samples, ".");
  require(options.negative_samples >= 0 && options.negative_samples <= 1024,
          "Expected negativeSamples between 0 and 1024, got ", options.negative_samples, ".");
  require(options.dropout >= 0 && options.dropout < 1, "Expected dropout from 0 to below 1, got ",
          options.dropout, ".");
  return options;
}

at::Tensor read_places(const Napi::Value& value, int64_t height, int64_t width, KeepAlive& keep) {
  const at::Tensor places = read_tensor(value, "the places", keep);
  require(places.dim() == 2 && places.size(0) == 2 && places.size(1) > 0 &&
              places.scalar_type() == at::kLong && places.min().item<int64_t>() >= 0 &&
              places[0].max().item<int64_t>() < height && places[1].max().item<int64_t>() < width,
          "Expected places [2, n] of rows below ", height, " and columns below ", width, ".");
  return places;
}

Draws read_draws(const Napi::Value& value, KeepAlive& keep) {
  const Napi::Object object = read_object(value, "draws");
  Draws draws{read_tensor(object.Get("coords1"), "coords1", keep),
              read_tensor(object.Get("coords2"), "coords2", keep),
              read_tensor(object.Get("permutations"), "permutations", keep),
              {}};
  if (!object.Get("crfPlaces").IsUndefined()) {
    draws.crf_places = read_places(object.Get("crfPlaces"), kCrfSide, kCrfSide, keep);
  }
  const auto is_coordinates = [](const at::Tensor& tensor) {
    return tensor.dim() == 4 && tensor.size(3) == 2 && tensor.scalar_type() == at::kFloat;
  };
  require(is_coordinates(draws.coordinates1) && is_coordinates(draws.coordinates2),
          "Expected coordinates [B, S, S, 2], got ", described(draws.coordinates1), " and ",
          described(draws.coordinates2), ".");
  const int64_t batch = draws.coordinates1.size(0);
  require(draws.negatives.dim() == 2 && draws.negatives.size(1) == batch &&
              draws.negatives.scalar_type() == at::kLong &&
              (draws.negatives.numel() == 0 ||
               (draws.negatives.min().item<int64_t>() >= 0 && draws.negatives.max().item<int64_t>() < batch)),
          "Expected permutations [n, ", batch, "] of indices below ", batch, ".");
  return draws;
}

Napi::Object write_pair_values(Napi::Env env, const PairValues& values) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("self", values.self);
  result.Set("knn", values.knn);
  result.Set("random", values.random);
  return result;
}

}  // namespace stego
