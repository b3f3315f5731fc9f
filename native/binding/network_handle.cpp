#include "binding/correspond_call.h"
#include "binding/environment.h"
#include "binding/handles.h"
#include "binding/predict_options.h"
#include "binding/tags.h"
#include "binding/tensor_files.h"
#include "binding/values.h"
#include "core/describe.h"
#include "device/devices.h"
#include "model/predict.h"

namespace stego {

namespace {

const std::vector<std::pair<const char*, Projection>> kProjections = {{"linear", Projection::linear},
                                                                      {"nonlinear", Projection::nonlinear}};

// The projection's name, or null if there is none.
Projection read_projection(const Napi::Value& value) {
  return value.IsNull() ? Projection::none : read_choice(value, "projection", kProjections);
}

Napi::Value write_projection(Napi::Env env, Projection projection) {
  for (const auto& [name, value] : kProjections) {
    if (value == projection) return Napi::String::New(env, name);
  }
  return env.Null();
}

NetworkOptions read_network_options(const Napi::Object& object) {
  NetworkOptions options;
  options.dim = read_integer(object.Get("dim"), "dim");
  options.classes = read_integer(object.Get("classes"), "classes");
  options.clusters = read_integer(object.Get("clusters"), "clusters");
  options.head.projection = read_projection(object.Get("projection"));
  options.head.continuous = read_boolean(object.Get("continuous"), "continuous");
  options.decoder = read_boolean(object.Get("decoder"), "decoder");
  options.seed = static_cast<uint64_t>(read_integer(object.Get("seed"), "seed"));
  require(options.dim >= 1 && options.dim <= 1 << 16, "Expected dim between 1 and 65536, got ", options.dim,
          ".");
  require(options.classes >= 2 && options.classes <= 255, "Expected between 2 and 255 classes, got ",
          options.classes, ".");
  require(options.clusters >= options.classes && options.clusters <= 255, "Expected between ",
          options.classes, " and 255 clusters, got ", options.clusters, ".");
  return options;
}

Napi::Value write_prediction(Napi::Env env, const Prediction& prediction) {
  Napi::Object labels = Napi::Object::New(env), probabilities = Napi::Object::New(env);
  for (const auto& [head, tensor] : prediction.labels) labels.Set(head_name(head), write_data(env, tensor));
  for (const auto& [head, tensor] : prediction.log_probabilities) {
    probabilities.Set(head_name(head), write_tensor(env, tensor));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("width", static_cast<double>(prediction.width));
  result.Set("height", static_cast<double>(prediction.height));
  result.Set("labels", labels);
  result.Set("logProbabilities", probabilities);
  return result;
}

}  // namespace

Napi::Function NetworkHandle::define(Napi::Env env) {
  const Napi::Function constructor = DefineClass(
      env, "Network",
      {StaticMethod<&NetworkHandle::create>("create"), StaticMethod<&NetworkHandle::load>("load"),
       InstanceAccessor<&NetworkHandle::backbone>("backbone"),
       InstanceAccessor<&NetworkHandle::describe>("info"), InstanceMethod<&NetworkHandle::predict>("predict"),
       InstanceMethod<&NetworkHandle::encode>("encode"),
       InstanceMethod<&NetworkHandle::correspond>("correspond"),
       InstanceMethod<&NetworkHandle::tensors>("tensors"), InstanceMethod<&NetworkHandle::write>("write"),
       InstanceMethod<&NetworkHandle::dispose>("dispose")});
  environment(env).network = Napi::Persistent(constructor);
  return constructor;
}

NetworkHandle::NetworkHandle(const Napi::CallbackInfo& info) : Handle(info) {
  guarded(info.Env(), [&] {
    if (!info[0].IsExternal()) unexpected("a Network", "made by Network.create() or Network.load()");
    info.This().As<Napi::Object>().TypeTag(&kNetworkTag);
    auto network = *info[0].As<Napi::External<std::shared_ptr<Network>>>().Data();
    const int64_t bytes = network->backbone->parameters() * 4;
    hold(info.Env(), std::move(network), bytes);
  });
}

Napi::Object NetworkHandle::wrap(Napi::Env env, std::shared_ptr<Network> network) {
  return environment(env).network.New({Napi::External<std::shared_ptr<Network>>::New(env, &network)});
}

std::shared_ptr<Network> read_network(const Napi::Value& value) {
  return unwrap<NetworkHandle>(value, kNetworkTag, "a Network").held();
}

// create(backbone, { dim, classes, clusters, projection, continuous, decoder, seed }, linear, cancel):
// Promise<Network>
Napi::Value NetworkHandle::create(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto backbone = read_backbone(info[0]);
    const NetworkOptions options = read_network_options(read_object(info[1], "the options"));
    const bool linear = read_boolean(info[2], "linear");
    return submit(info.Env(), read_cancel(info[3]), {}, [=](const CancelFlag&) -> Finish {
      auto network = std::make_shared<Network>(Network::initial(backbone, options, linear));
      return [network](Napi::Env env) { return wrap(env, network); };
    });
  });
}

// load(stored, { dim, classes, clusters, projection, continuous, decoder, seed, heads, features, device,
// dtype }, cancel): Promise<Network>
Napi::Value NetworkHandle::load(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const StoredTensors stored = read_stored_tensors(info[0]);
    const Napi::Object object = read_object(info[1], "the options");
    const NetworkOptions options = read_network_options(object);
    const int64_t heads = read_integer(object.Get("heads"), "heads");
    const FeatureOptions features = read_feature_options(object.Get("features"));
    const Target target = read_target(object);
    return submit(info.Env(), read_cancel(info[2]), {}, [=](const CancelFlag&) -> Finish {
      use_own_stream(target.device);
      const TensorMap tensors = read_stored(stored);
      auto backbone = std::make_shared<const VisionTransformer>(
          read_vit_weights(tensors, "net.model.", heads), features, target);
      auto network = std::make_shared<Network>(Network::load(tensors, options, std::move(backbone)));
      return [network](Napi::Env env) { return wrap(env, network); };
    });
  });
}

Napi::Value NetworkHandle::backbone(const Napi::CallbackInfo& info) {
  return guarded(info.Env(),
                 [&]() -> Napi::Value { return BackboneHandle::wrap(info.Env(), held()->backbone); });
}

Napi::Value NetworkHandle::describe(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Network& network = *held();
    Napi::Array heads = Napi::Array::New(info.Env());
    const auto add = [&](bool present, PredictionHead head) {
      if (present) heads.Set(heads.Length(), head_name(head));
    };
    add(network.kmeans.has_value(), PredictionHead::kmeans);
    add(true, PredictionHead::cluster_probe);
    add(network.linear_probe.has_value(), PredictionHead::linear_probe);
    add(network.baseline_kmeans.has_value(), PredictionHead::baseline_kmeans);
    add(network.baseline_linear_probe.has_value(), PredictionHead::baseline_linear_probe);
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("dim", static_cast<double>(network.options.dim));
    result.Set("classes", static_cast<double>(network.options.classes));
    result.Set("clusters", static_cast<double>(network.options.clusters));
    result.Set("projection", write_projection(info.Env(), network.options.head.projection));
    result.Set("heads", heads);
    return result;
  });
}

// predict(images, options, cancel): Promise<Prediction[]>
Napi::Value NetworkHandle::predict(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const auto images = read_images(info[0], keep);
    const PredictOptions options = read_predict_options(info[1]);
    return submit(info.Env(), read_cancel(info[2]), std::move(keep),
                  [network = held(), images, options](const CancelFlag& cancel) -> Finish {
                    auto predictions = std::make_shared<const std::vector<Prediction>>(
                        stego::predict(*network, images, options, cancel));
                    return [predictions](Napi::Env env) -> Napi::Value {
                      Napi::Array array = Napi::Array::New(env, predictions->size());
                      for (size_t i = 0; i < predictions->size(); ++i) {
                        array.Set(static_cast<uint32_t>(i), write_prediction(env, (*predictions)[i]));
                      }
                      return array;
                    };
                  });
  });
}

// encode(features [B, C, h, w], cancel): Promise<Tensor [B, dim, h, w]>
Napi::Value NetworkHandle::encode(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const at::Tensor features = read_tensor(info[0], "features", keep);
    require(features.dim() == 4 && features.size(1) == held()->backbone->dim() &&
                features.scalar_type() == at::kFloat,
            "Expected features [B, ", held()->backbone->dim(), ", h, w] in float32, got ",
            described(features), ".");
    return submit(info.Env(), read_cancel(info[1]), std::move(keep),
                  [network = held(), features](const CancelFlag&) -> Finish {
                    const at::NoGradGuard no_grad;
                    const at::Tensor tokens = features.to(network->backbone->device()).permute({0, 2, 3, 1});
                    const at::Tensor codes = network->head.forward(tokens).permute({0, 3, 1, 2}).contiguous();
                    return [codes](Napi::Env env) { return write_tensor(env, codes); };
                  });
  });
}

// From codes; see submit_correspond.
Napi::Value NetworkHandle::correspond(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto& network = held();
    return submit_correspond(info, network->backbone, {network, &network->head});
  });
}

// tensors(): Promise<{ name, dtype, shape }[]>, what write() writes
Napi::Value NetworkHandle::tensors(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return submit_listing(info.Env(), [network = held()](TensorMap& tensors) { network->save(tensors); });
  });
}

// write(path, header): Promise<void>
Napi::Value NetworkHandle::write(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return submit_writing(info, [network = held()](TensorMap& tensors) { network->save(tensors); });
  });
}

}  // namespace stego
