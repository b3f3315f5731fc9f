#include "binding/loss_options.h"

#include "core/error.h"

namespace stego {

PairValues read_pair_values(const Napi::Value& value, const char* name) {
  const Napi::Object object = read_object(value, name);
  return {read_number(object.Get("self"), name), read_number(object.Get("knn"), name),
          read_number(object.Get("random"), name)};
}

LossOptions read_loss_options(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the loss options");
  LossOptions options;
  options.shifts = read_pair_values(object.Get("shifts"), "shifts");
  options.weights = read_pair_values(object.Get("weights"), "weights");
  options.centering = read_choice<Centering>(
      object.Get("centering"), "centering",
      {{"official", Centering::official}, {"paper", Centering::paper}, {"none", Centering::none}});
  options.reduction = read_choice<Reduction>(object.Get("reduction"), "reduction",
                                             {{"mean", Reduction::mean}, {"sum", Reduction::sum}});
  options.zero_clamp = read_boolean(object.Get("zeroClamp"), "zeroClamp");
  options.stabilize = read_boolean(object.Get("stabilize"), "stabilize");
  options.feature_samples = read_integer(object.Get("featureSamples"), "featureSamples");
  options.negative_samples = read_integer(object.Get("negativeSamples"), "negativeSamples");
  options.dropout = read_number(object.Get("dropout"), "dropout");
  options.feature_dropout = read_boolean(object.Get("featureDropout"), "featureDropout");
  require(options.feature_samples >= 1 && options.feature_samples <= 1024,
          "Expected featureSamples between 1 and 1024.");
  require(options.negative_samples >= 0 && options.negative_samples <= 1024,
          "Expected negativeSamples between 0 and 1024.");
  require(options.dropout >= 0 && options.dropout < 1, "Expected dropout from 0 to below 1.");
  return options;
}

Draws read_draws(const Napi::Value& value, KeepAlive& keep) {
  const Napi::Object object = read_object(value, "draws");
  Draws draws{read_tensor(object.Get("coords1"), "coords1", keep),
              read_tensor(object.Get("coords2"), "coords2", keep),
              read_tensor(object.Get("permutations"), "permutations", keep)};
  const auto is_coordinates = [](const at::Tensor& tensor) {
    return tensor.dim() == 4 && tensor.size(3) == 2 && tensor.scalar_type() == at::kFloat;
  };
  require(is_coordinates(draws.coordinates1) && is_coordinates(draws.coordinates2),
          "Expected coordinates [B, S, S, 2].");
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
