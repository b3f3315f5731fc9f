#include <map>

#include "binding/errors.h"
#include "binding/loss_options.h"
#include "binding/operators.h"
#include "core/describe.h"
#include "core/error.h"
#include "head/cluster_probe.h"
#include "loss/contrastive_crf.h"
#include "loss/correspondence_loss.h"
#include "loss/equations.h"
#include "loss/sampling.h"

namespace stego {

namespace {

using Named = std::vector<std::pair<const char*, at::Tensor>>;

// A map [B, C, h, w] as tokens [B, h*w, C] in their own memory, and back.
at::Tensor to_tokens(const at::Tensor& map) {
  return map.flatten(2).transpose(1, 2).contiguous();
}
at::Tensor to_map(const at::Tensor& tokens, int64_t height, int64_t width) {
  return tokens.transpose(1, 2).contiguous().view({tokens.size(0), tokens.size(2), height, width});
}

at::Tensor read_floats(const Napi::Value& value, const char* name, int64_t axes, KeepAlive& keep) {
  const at::Tensor tensor = read_tensor(value, name, keep);
  require(tensor.dim() == axes && tensor.scalar_type() == at::kFloat && tensor.numel() > 0, "Expected ", name,
          " to be a non-empty float32 tensor with ", axes, " axes.");
  return tensor;
}

Finish write_named(Named tensors) {
  return [tensors = std::move(tensors)](Napi::Env env) -> Napi::Value {
    Napi::Object result = Napi::Object::New(env);
    for (const auto& [name, tensor] : tensors) result.Set(name, write_tensor(env, tensor));
    return result;
  };
}

Napi::Promise submit_named(Napi::Env env, KeepAlive keep, std::function<Named()> work) {
  return submit(env, std::make_shared<CancelFlag>(), std::move(keep),
                [work = std::move(work)](const CancelFlag&) { return write_named(work()); });
}

// samplePoints(map [B, C, h, w], coordinates [B, S, S', 2], outputGradient?): { samples [B, C, S', S],
// gradient }
// The gradient of sum(samples * outputGradient) with respect to the map.
Napi::Value sample_points(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const at::Tensor map = read_floats(info[0], "the map", 4, keep);
    const at::Tensor coordinates = read_floats(info[1], "the coordinates", 4, keep);
    require(coordinates.size(0) == map.size(0) && coordinates.size(3) == 2, "Expected coordinates [",
            map.size(0), ", S, S, 2], got ", described(coordinates), ".");
    at::Tensor output_gradient;
    if (!info[2].IsUndefined()) output_gradient = read_floats(info[2], "the output's gradient", 4, keep);
    return submit_named(info.Env(), std::move(keep), [=]() -> Named {
      const int64_t height = map.size(2), width = map.size(3);
      const at::Tensor tokens = to_tokens(map).requires_grad_(true);
      const at::Tensor samples = SamplePoints(coordinates, height, width).sample(tokens);
      const at::Tensor output = to_map(samples, coordinates.size(2), coordinates.size(1));
      if (!output_gradient.defined()) return {{"samples", output.detach()}};
      require(output_gradient.sizes() == output.sizes(),
              "Expected the output's gradient to have the output's shape.");
      (output * output_gradient).sum().backward();
      return {{"samples", output.detach()}, {"gradient", to_map(tokens.grad(), height, width)}};
    });
  });
}

// shiftFixedPoints(permutation): BigInt64Array, the official negatives' pseudo-permutation
Napi::Value shift_fixed_points_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const at::Tensor permutation = read_tensor(info[0], "the permutation", keep);
    require(permutation.dim() == 1 && permutation.scalar_type() == at::kLong && permutation.numel() > 0,
            "Expected an int64 permutation [n], got ", described(permutation), ".");
    return write_tensor(info.Env(), shift_fixed_points(permutation));
  });
}

// pairCorrespondence({ features1, features2, codes1, codes2 } of sampled maps [B, C, h, w], loss, shift,
//   lossGradient?): { loss, similarity [B, h, w, i, j], gradient1, gradient2 }
// Gradients of sum(loss * lossGradient), or of mean(loss) without it, with respect to the codes.
Napi::Value pair_correspondence(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const Napi::Object object = read_object(info[0], "the maps");
    const at::Tensor features1 = read_floats(object.Get("features1"), "features1", 4, keep);
    const at::Tensor features2 = read_floats(object.Get("features2"), "features2", 4, keep);
    const at::Tensor codes1 = read_floats(object.Get("codes1"), "codes1", 4, keep);
    const at::Tensor codes2 = read_floats(object.Get("codes2"), "codes2", 4, keep);
    const LossOptions options = read_loss_options(info[1]);
    const double shift = read_number(info[2], "the shift");
    at::Tensor loss_gradient;
    if (!info[3].IsUndefined()) loss_gradient = read_floats(info[3], "the loss's gradient", 5, keep);
    const auto agree = [](const at::Tensor& a, const at::Tensor& b) {
      return a.size(0) == b.size(0) && a.size(2) == b.size(2) && a.size(3) == b.size(3);
    };
    require(agree(features1, codes1) && agree(features2, codes2) && features1.size(1) == features2.size(1) &&
                codes1.size(1) == codes2.size(1) && features1.size(0) == features2.size(0),
            "Expected features and codes of one batch, with each pair of the same grid and width, got ",
            described(features1), " and ", described(codes1), ".");
    return submit_named(info.Env(), std::move(keep), [=]() -> Named {
      const at::Tensor tokens1 = to_tokens(codes1).requires_grad_(true),
                       tokens2 = to_tokens(codes2).requires_grad_(true);
      const at::Tensor F = correspondence(to_tokens(features1), to_tokens(features2)),
                       S = correspondence(tokens1, tokens2);
      const std::vector<int64_t> shape = {codes1.size(0), codes1.size(2), codes1.size(3), codes2.size(2),
                                          codes2.size(3)};
      const at::Tensor loss = pair_loss(F, S, shift, options).view(shape);
      require(!loss_gradient.defined() || loss_gradient.sizes() == shape,
              "Expected the loss's gradient to have the loss's shape.");
      (loss_gradient.defined() ? (loss * loss_gradient).sum() : loss.mean()).backward();
      return {{"loss", loss.detach()},
              {"similarity", S.detach().view(shape)},
              {"gradient1", to_map(tokens1.grad(), codes1.size(2), codes1.size(3))},
              {"gradient2", to_map(tokens2.grad(), codes2.size(2), codes2.size(3))}};
    });
  });
}

// correspondenceLoss({ features, codes, positiveFeatures, positiveCodes } maps [B, C, h, w], draws, loss):
//   { total, selfLoss, selfSimilarity, knnLoss, ..., codesGradient, positiveCodesGradient }
Napi::Value correspondence_loss_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const Napi::Object object = read_object(info[0], "the maps");
    const at::Tensor features = read_floats(object.Get("features"), "features", 4, keep);
    const at::Tensor codes = read_floats(object.Get("codes"), "codes", 4, keep);
    const at::Tensor positive_features =
        read_floats(object.Get("positiveFeatures"), "positiveFeatures", 4, keep);
    const at::Tensor positive_codes = read_floats(object.Get("positiveCodes"), "positiveCodes", 4, keep);
    const Draws draws = read_draws(info[1], keep);
    const LossOptions options = read_loss_options(info[2]);
    const auto same_grid = [&](const at::Tensor& map) {
      return map.size(0) == features.size(0) && map.size(2) == features.size(2) &&
             map.size(3) == features.size(3);
    };
    require(same_grid(codes) && positive_features.sizes() == features.sizes() &&
                positive_codes.sizes() == codes.sizes(),
            "Expected features and codes of one batch and one grid, and positives of the same shapes, got ",
            described(features), " and ", described(codes), ".");
    require(draws.coordinates1.size(0) == features.size(0) &&
                draws.coordinates2.sizes() == draws.coordinates1.sizes(),
            "Expected coordinates [", features.size(0), ", S, S, 2], got ", described(draws.coordinates1),
            " and ", described(draws.coordinates2), ".");
    return submit_named(info.Env(), std::move(keep), [=]() -> Named {
      const int64_t height = features.size(2), width = features.size(3);
      const auto maps = [](const at::Tensor& images, const at::Tensor& positives) -> PairMaps {
        return {to_tokens(images).unbind(0), to_tokens(positives).unbind(0), {}, {}};
      };
      const SamplePoints second(draws.coordinates2, height, width);
      const CodeMaps own{maps(codes, positive_codes),
                         {SamplePoints(draws.coordinates1, height, width), second, second}};
      PairMaps gradients = maps(at::zeros_like(codes), at::zeros_like(positive_codes));
      PairDetails details;
      details.elements = true;
      const CorrespondenceLoss loss =
          correspondence_loss({maps(features, positive_features), {}, {}, height, width}, own, draws, options,
                              gradients, details);
      const int64_t columns = draws.coordinates1.size(1), rows = draws.coordinates1.size(2);
      const auto pairs = [&](const at::Tensor& values, int64_t slot, int64_t slots) {  // [B, P, n, Q]
        return values.narrow(2, slot, slots)
            .permute({2, 0, 1, 3})
            .reshape({-1, rows, columns, rows, columns});
      };
      const int64_t randoms = draws.negatives.size(0);
      return {{"total", at::scalar_tensor(loss.total, codes.options())},
              {"selfLoss", pairs(details.loss, kSelfSlot, 1)},
              {"selfSimilarity", pairs(details.similarity, kSelfSlot, 1)},
              {"knnLoss", pairs(details.loss, kNeighborSlot, 1)},
              {"knnSimilarity", pairs(details.similarity, kNeighborSlot, 1)},
              {"randomLoss", pairs(details.loss, kRandomSlot, randoms)},
              {"randomSimilarity", pairs(details.similarity, kRandomSlot, randoms)},
              {"codesGradient", to_map(at::stack(gradients.images), height, width)},
              {"positiveCodesGradient", to_map(at::stack(gradients.neighbors), height, width)}};
    });
  });
}

// clusterLookup(codes [B, dim, h, w], clusters [K, dim], alpha | null):
//   { loss, probabilities, logProbabilities, codesGradient, clustersGradient }
Napi::Value cluster_lookup_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const at::Tensor codes = read_floats(info[0], "codes", 4, keep);
    const at::Tensor clusters = read_floats(info[1], "clusters", 2, keep);
    const c10::optional<double> alpha =
        info[2].IsNull() ? c10::nullopt : c10::optional<double>(read_number(info[2], "alpha"));
    require(clusters.size(1) == codes.size(1), "Expected clusters of the codes' width ", codes.size(1),
            ", got ", clusters.size(1), ".");
    return submit_named(info.Env(), std::move(keep), [=]() -> Named {
      const int64_t height = codes.size(2), width = codes.size(3);
      const at::Tensor tokens = to_tokens(codes).requires_grad_(true);
      const at::Tensor centers = clusters.clone().requires_grad_(true);
      const ClusterLookup lookup = cluster_lookup(tokens, centers, alpha);
      lookup.loss.backward();
      Named result = {{"loss", lookup.loss.detach()},
                      {"probabilities", to_map(lookup.probabilities.detach(), height, width)},
                      {"codesGradient", to_map(tokens.grad(), height, width)},
                      {"clustersGradient", centers.grad()}};
      if (alpha) {
        const at::NoGradGuard no_grad;
        result.emplace_back("logProbabilities",
                            to_map(cluster_log_probabilities(tokens, centers, *alpha), height, width));
      }
      return result;
    });
  });
}

// contrastiveCrf(pictures [B, 3, H, W], codes [B, dim, H, W], places [2, n], options):
//   { loss [B, n, n], codesGradient }, where the gradient is that of mean(loss)
Napi::Value contrastive_crf_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const at::Tensor pictures = read_floats(info[0], "pictures", 4, keep);
    const at::Tensor codes = read_floats(info[1], "codes", 4, keep);
    require(pictures.size(0) == codes.size(0) && pictures.size(2) == codes.size(2) &&
                pictures.size(3) == codes.size(3),
            "Expected pictures and codes of one batch and one grid, got ", described(pictures), " and ",
            described(codes), ".");
    const at::Tensor places = read_places(info[2], codes.size(2), codes.size(3), keep);
    const ContrastiveCrfOptions options = read_crf_options(info[3]);
    return submit_named(info.Env(), std::move(keep), [=]() -> Named {
      const at::Tensor leaf = codes.clone().requires_grad_(true);
      const at::Tensor loss =
          contrastive_crf_loss(pictures.permute({0, 2, 3, 1}), leaf.permute({0, 2, 3, 1}), places, options);
      loss.mean().backward();
      return {{"loss", loss.detach()}, {"codesGradient", leaf.grad()}};
    });
  });
}

}  // namespace

void define_loss_operators(Napi::Env env, Napi::Object exports) {
  exports.Set("samplePoints", Napi::Function::New<sample_points>(env, "samplePoints"));
  exports.Set("shiftFixedPoints", Napi::Function::New<shift_fixed_points_operator>(env, "shiftFixedPoints"));
  exports.Set("pairCorrespondence", Napi::Function::New<pair_correspondence>(env, "pairCorrespondence"));
  exports.Set("correspondenceLoss",
              Napi::Function::New<correspondence_loss_operator>(env, "correspondenceLoss"));
  exports.Set("contrastiveCrf", Napi::Function::New<contrastive_crf_operator>(env, "contrastiveCrf"));
  exports.Set("clusterLookup", Napi::Function::New<cluster_lookup_operator>(env, "clusterLookup"));
}

}  // namespace stego
