#include "binding/handles.h"
#include "binding/loss_options.h"
#include "binding/tags.h"
#include "binding/tensor_files.h"
#include "binding/values.h"

namespace stego {

Napi::Function TrainerHandle::define(Napi::Env env) {
  return DefineClass(
      env, "Trainer",
      {InstanceMethod<&TrainerHandle::configure>("configure"), InstanceMethod<&TrainerHandle::step>("step"),
       InstanceMethod<&TrainerHandle::measure>("measure"),
       InstanceMethod<&TrainerHandle::distributions>("distributions"),
       InstanceMethod<&TrainerHandle::reset_probes>("resetProbes"),
       InstanceMethod<&TrainerHandle::collect>("collect"),
       InstanceMethod<&TrainerHandle::fit_kmeans>("fitKMeans"),
       InstanceMethod<&TrainerHandle::tensors>("tensors"), InstanceMethod<&TrainerHandle::write>("write"),
       InstanceMethod<&TrainerHandle::load>("load"), InstanceMethod<&TrainerHandle::dispose>("dispose")});
}

// new Trainer(network, store)
TrainerHandle::TrainerHandle(const Napi::CallbackInfo& info) : Handle(info) {
  guarded(info.Env(), [&] {
    info.This().As<Napi::Object>().TypeTag(&kTrainerTag);
    hold(info.Env(), std::make_shared<Trainer>(read_network(info[0]), read_store(info[1])), 0);
  });
}

namespace {

// Byte maps, one or null per image; empty if the value is undefined.
std::vector<at::Tensor> read_maps(const Napi::Value& value, const char* name, KeepAlive& keep) {
  std::vector<at::Tensor> maps;
  if (value.IsUndefined()) return maps;
  const Napi::Array array = read_array(value, name);
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value map = array.Get(i);
    if (map.IsNull()) {
      maps.emplace_back();
      continue;
    }
    const ImageView view = read_pixels(map, 1, keep);
    maps.push_back(at::from_blob(const_cast<uint8_t*>(view.data), {view.height, view.width}, at::kByte));
  }
  return maps;
}

// { images: Pixels[], transform }, or { input [B, 3, H, W], coordinates [B, H, W, 2] }
void read_views(const Napi::Value& value, StepInput& input, KeepAlive& keep) {
  if (value.IsUndefined()) return;
  const Napi::Object object = read_object(value, "views");
  if (object.Get("input").IsUndefined()) {
    input.view_images = read_images(object.Get("images"), keep);
    input.view_transform = read_transform(object.Get("transform"));
    return;
  }
  input.views = {read_tensor(object.Get("input"), "the views", keep),
                 read_tensor(object.Get("coordinates"), "the views' coordinates", keep)};
  const at::Tensor &images = input.views->images, &coordinates = input.views->coordinates;
  require(images.dim() == 4 && images.size(1) == 3 && images.scalar_type() == at::kFloat &&
              coordinates.dim() == 4 && coordinates.size(0) == images.size(0) && coordinates.size(3) == 2 &&
              coordinates.scalar_type() == at::kFloat,
          "Expected float32 views [B, 3, H, W] and coordinates [B, H, W, 2].");
}

// The input that `step` and `measure` share.
StepInput read_draws_input(const Napi::Object& object, KeepAlive& keep) {
  StepInput input;
  input.images = read_indices(object.Get("images"), "images");
  input.positives = read_indices(object.Get("positives"), "positives");
  input.labels = read_maps(object.Get("labels"), "labels", keep);
  input.positive_labels = read_maps(object.Get("positiveLabels"), "positiveLabels", keep);
  input.salience = read_maps(object.Get("salience"), "salience", keep);
  input.positive_salience = read_maps(object.Get("positiveSalience"), "positiveSalience", keep);
  input.oracle = read_boolean(object.Get("oracle"), "oracle");
  input.seed = static_cast<uint64_t>(read_integer(object.Get("seed"), "seed"));
  return input;
}

StepInput read_step(const Napi::Value& value, KeepAlive& keep) {
  const Napi::Object object = read_object(value, "the step");
  StepInput input = read_draws_input(object, keep);
  const Napi::Value histograms = object.Get("histograms");
  input.histograms = histograms.IsBoolean() && histograms.As<Napi::Boolean>().Value();
  read_views(object.Get("views"), input, keep);
  if (!object.Get("draws").IsUndefined()) input.draws = read_draws(object.Get("draws"), keep);
  return input;
}

Napi::Value write_losses(Napi::Env env, const StepLosses& losses, bool gradients) {
  const auto optional = [&](const std::optional<double>& value) -> Napi::Value {
    return value ? Napi::Value(Napi::Number::New(env, *value)) : Napi::Value(env.Null());
  };
  Napi::Object result = Napi::Object::New(env);
  result.Set("correspondence", losses.correspondence);
  result.Set("self", losses.self);
  result.Set("knn", losses.knn);
  result.Set("random", losses.random);
  result.Set("similarity", write_pair_values(env, losses.similarity));
  result.Set("clusterProbe", losses.cluster_probe);
  result.Set("linearProbe", optional(losses.linear_probe));
  result.Set("baselineLinearProbe", optional(losses.baseline_linear_probe));
  result.Set("reconstruction", optional(losses.reconstruction));
  result.Set("alignment", optional(losses.alignment));
  result.Set("crf", optional(losses.crf));
  if (losses.histograms) {
    Napi::Object histograms = Napi::Object::New(env);
    histograms.Set("self", write_numbers(env, losses.histograms->self));
    histograms.Set("knn", write_numbers(env, losses.histograms->knn));
    histograms.Set("random", write_numbers(env, losses.histograms->random));
    result.Set("histograms", histograms);
  }
  if (!gradients) return result;
  Napi::Object named = Napi::Object::New(env);
  for (const auto& [name, tensor] : losses.gradients) named.Set(name, write_tensor(env, tensor));
  result.Set("gradients", named);
  return result;
}

Napi::Value write_distribution(Napi::Env env, const CorrespondenceDistribution& distribution) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("value", distribution.quantile);
  result.Set("mean", distribution.mean);
  result.Set("histogram", write_numbers(env, distribution.histogram));
  return result;
}

}  // namespace

// configure({ loss, learningRates }): void, for all steps from now on
void TrainerHandle::configure(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const Napi::Object object = read_object(info[0], "the settings");
    const Napi::Object rates = read_object(object.Get("learningRates"), "learningRates");
    settings_ = StepSettings{read_loss_options(object.Get("loss")),
                             {read_number(rates.Get("head"), "the head's learning rate"),
                              read_number(rates.Get("linearProbe"), "the linear probe's learning rate"),
                              read_number(rates.Get("clusterProbe"), "the cluster probe's learning rate")}};
  });
}

const StepSettings& TrainerHandle::settings() const {
  require(settings_.has_value(), "Expected configure() before the first step.");
  return *settings_;
}

// step(input, cancel): Promise<StepLosses>
Napi::Value TrainerHandle::step(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    StepInput input = read_step(info[0], keep);
    input.settings = settings();
    const Napi::Value wanted = read_object(info[0], "the step").Get("gradients");
    const bool gradients = wanted.IsBoolean() && wanted.As<Napi::Boolean>().Value();
    return submit(info.Env(), read_cancel(info[1]), std::move(keep),
                  [trainer = held(), input, gradients](const CancelFlag& cancel) -> Finish {
                    const StepLosses losses = trainer->step(input, cancel);
                    return
                        [losses, gradients](Napi::Env env) { return write_losses(env, losses, gradients); };
                  });
  });
}

// measure({ images, positives, labels, ..., seed }, cancel): Promise<void>
Napi::Value TrainerHandle::measure(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    StepInput input = read_draws_input(read_object(info[0], "the batch"), keep);
    input.settings = settings();
    return submit(info.Env(), read_cancel(info[1]), std::move(keep),
                  [trainer = held(), input](const CancelFlag& cancel) -> Finish {
                    trainer->measure(input, cancel);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
  });
}

// resetProbes(seed): Promise<void>
Napi::Value TrainerHandle::reset_probes(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto seed = static_cast<uint64_t>(read_integer(info[0], "the seed"));
    return submit(info.Env(), read_cancel(info.Env().Undefined()), {},
                  [trainer = held(), seed](const CancelFlag&) -> Finish {
                    trainer->reset_probes(seed);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
  });
}

// distributions(quantiles): Promise<{ self, knn, random }> of what `measure` gathered
Napi::Value TrainerHandle::distributions(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const PairValues quantiles = read_pair_values(info[0], "quantiles");
    return submit(info.Env(), read_cancel(info.Env().Undefined()), {},
                  [trainer = held(), quantiles](const CancelFlag&) -> Finish {
                    const Distributions found = trainer->read_distributions(quantiles);
                    return [found](Napi::Env env) -> Napi::Value {
                      Napi::Object result = Napi::Object::New(env);
                      result.Set("self", write_distribution(env, found.self));
                      result.Set("knn", write_distribution(env, found.knn));
                      result.Set("random", write_distribution(env, found.random));
                      return result;
                    };
                  });
  });
}

// collect(images, target, total, cancel): Promise<void>
Napi::Value TrainerHandle::collect(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto images = read_indices(info[0], "images");
    const bool baseline =
        read_choice<bool>(info[1], "the head", {{"kmeans", false}, {"baselineKmeans", true}});
    const int64_t total = read_integer(info[2], "total");
    return submit(info.Env(), read_cancel(info[3]), {},
                  [trainer = held(), images, baseline, total](const CancelFlag&) -> Finish {
                    trainer->collect(images, baseline, total);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
  });
}

// fitKMeans(target, { restarts, iterations, seed }, cancel): Promise<{ meanCosine, meanCosines, sizes,
// explained }>
Napi::Value TrainerHandle::fit_kmeans(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const bool baseline =
        read_choice<bool>(info[0], "the head", {{"kmeans", false}, {"baselineKmeans", true}});
    const Napi::Object object = read_object(info[1], "the options");
    KMeansOptions options;
    options.clusters = held()->network().options.clusters;
    options.restarts = read_integer(object.Get("restarts"), "restarts");
    options.iterations = read_integer(object.Get("iterations"), "iterations");
    options.seed = static_cast<uint64_t>(read_integer(object.Get("seed"), "seed"));
    require(options.restarts >= 1 && options.iterations >= 1,
            "Expected at least one restart and one iteration, got ", options.restarts, " and ",
            options.iterations, ".");
    return submit(info.Env(), read_cancel(info[2]), {},
                  [trainer = held(), baseline, options](const CancelFlag& cancel) -> Finish {
                    const auto [fitted, shares] = trainer->fit_kmeans(baseline, options, cancel);
                    return [fitted = fitted, shares = shares](Napi::Env env) -> Napi::Value {
                      Napi::Object explained = Napi::Object::New(env);
                      explained.Set("rows", shares.rows);
                      explained.Set("columns", shares.columns);
                      explained.Set("images", shares.images);
                      Napi::Object result = Napi::Object::New(env);
                      result.Set("meanCosine", fitted.mean_cosine);
                      result.Set("meanCosines", write_numbers(env, fitted.mean_cosines));
                      result.Set("sizes", write_numbers(env, fitted.sizes));
                      result.Set("explained", explained);
                      return result;
                    };
                  });
  });
}

// tensors(): Promise<{ name, dtype, shape }[]>, what write() writes
Napi::Value TrainerHandle::tensors(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return submit_listing(info.Env(), [trainer = held()](TensorMap& tensors) { trainer->save(tensors); });
  });
}

// write(path, header): Promise<void>
Napi::Value TrainerHandle::write(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return submit_writing(info, [trainer = held()](TensorMap& tensors) { trainer->save(tensors); });
  });
}

// load(stored): Promise<void>, the optimizers' state from a checkpoint of the same network
Napi::Value TrainerHandle::load(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const StoredTensors stored = read_stored_tensors(info[0]);
    return submit(info.Env(), read_cancel(info.Env().Undefined()), {},
                  [trainer = held(), stored](const CancelFlag&) -> Finish {
                    trainer->load(read_stored(stored));
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
  });
}

}  // namespace stego
