#include "backbone/parts.h"
#include "binding/correspond_call.h"
#include "binding/environment.h"
#include "binding/handles.h"
#include "binding/tags.h"
#include "binding/tensor_files.h"
#include "binding/values.h"
#include "core/describe.h"
#include "device/devices.h"
#include "model/place_means.h"

namespace stego {

namespace {

int64_t weight_bytes(const VisionTransformer& backbone) {
  return backbone.parameters() * 4;
}

at::Tensor keep_as_is(const at::Tensor& features) {
  return features;
}

}  // namespace

Napi::Function BackboneHandle::define(Napi::Env env) {
  const Napi::Function constructor = DefineClass(
      env, "Backbone",
      {StaticMethod<&BackboneHandle::load>("load"), InstanceAccessor<&BackboneHandle::describe>("info"),
       InstanceMethod<&BackboneHandle::features>("features"), InstanceMethod<&BackboneHandle::trace>("trace"),
       InstanceMethod<&BackboneHandle::correspond>("correspond"),
       InstanceMethod<&BackboneHandle::sum_units>("sumUnits"),
       InstanceMethod<&BackboneHandle::without>("without"),
       InstanceAccessor<&BackboneHandle::position_map>("positionMap")});
  environment(env).backbone = Napi::Persistent(constructor);
  return constructor;
}

BackboneHandle::BackboneHandle(const Napi::CallbackInfo& info) : Handle(info) {
  guarded(info.Env(), [&] {
    if (!info[0].IsExternal()) unexpected("a Backbone", "made by Backbone.load()");
    info.This().As<Napi::Object>().TypeTag(&kBackboneTag);
    auto backbone = *info[0].As<Napi::External<std::shared_ptr<const VisionTransformer>>>().Data();
    const int64_t bytes = weight_bytes(*backbone);
    hold(info.Env(), std::move(backbone), bytes);
  });
}

Napi::Object BackboneHandle::wrap(Napi::Env env, std::shared_ptr<const VisionTransformer> backbone) {
  return environment(env).backbone.New(
      {Napi::External<std::shared_ptr<const VisionTransformer>>::New(env, &backbone)});
}

std::shared_ptr<const VisionTransformer> read_backbone(const Napi::Value& value) {
  return unwrap<BackboneHandle>(value, kBackboneTag, "a Backbone").held();
}

FeatureOptions read_feature_options(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "features");
  return {read_choice<FeatureKind>(object.Get("kind"), "features.kind",
                                   {{"feat", FeatureKind::tokens}, {"keys", FeatureKind::keys}}),
          read_integer(object.Get("layer"), "features.layer")};
}

// load(stored, { prefix, heads, features: { kind, layer }, device, dtype }, cancel): Promise<Backbone>
Napi::Value BackboneHandle::load(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const StoredTensors stored = read_stored_tensors(info[0]);
    const Napi::Object options = read_object(info[1], "the options");
    const std::string prefix = read_string(options.Get("prefix"), "the prefix");
    const int64_t heads = read_integer(options.Get("heads"), "heads");
    const FeatureOptions features = read_feature_options(options.Get("features"));
    const Target target = read_target(options);
    return submit(info.Env(), read_cancel(info[2]), {}, [=](const CancelFlag&) -> Finish {
      use_own_stream(target.device);
      VitWeights weights = read_vit_weights(read_stored(stored), prefix, heads);
      auto backbone = std::make_shared<const VisionTransformer>(std::move(weights), features, target);
      return [backbone](Napi::Env env) { return wrap(env, backbone); };
    });
  });
}

Napi::Value BackboneHandle::describe(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("dim", static_cast<double>(held()->dim()));
    result.Set("patch", static_cast<double>(held()->patch()));
    result.Set("depth", static_cast<double>(held()->depth()));
    result.Set("heads", static_cast<double>(held()->heads()));
    result.Set("parameters", static_cast<double>(held()->parameters()));
    return result;
  });
}

// features(images, transform, cancel): Promise<Tensor [B, C, h, w]>
Napi::Value BackboneHandle::features(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const auto images = read_images(info[0], keep);
    const Transform transform = read_transform(info[1]);
    return submit(info.Env(), read_cancel(info[2]), std::move(keep),
                  [backbone = held(), images, transform](const CancelFlag& cancel) -> Finish {
                    const at::Tensor input = prepare_images(images, transform, backbone->device(), cancel);
                    const at::Tensor grid =
                        use_in_parts(*backbone, input, transform.max_patches, keep_as_is, cancel);
                    const at::Tensor map = grid.permute({0, 3, 1, 2}).contiguous().cpu();
                    return [map](Napi::Env env) { return write_tensor(env, map); };
                  });
  });
}

namespace {

// { left, top, side, turns, mirrored }[], or null
std::optional<std::vector<SquareView>> read_views(const Napi::Value& value) {
  if (value.IsNull()) return std::nullopt;
  const Napi::Array array = read_array(value, "the views");
  std::vector<SquareView> views;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Object view = read_object(array.Get(i), "a view");
    views.push_back({read_integer(view.Get("left"), "left"), read_integer(view.Get("top"), "top"),
                     read_integer(view.Get("side"), "side"), read_integer(view.Get("turns"), "turns"),
                     read_boolean(view.Get("mirrored"), "mirrored")});
  }
  return views;
}

}  // namespace

// sumUnits(images, views, transform, cancel): Promise<Tensor [h, w, C]>
Napi::Value BackboneHandle::sum_units(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const auto images = read_images(info[0], keep);
    const auto views = read_views(info[1]);
    const Transform transform = read_transform(info[2]);
    return submit(info.Env(), read_cancel(info[3]), std::move(keep),
                  [backbone = held(), images, views, transform](const CancelFlag& cancel) -> Finish {
                    const at::Tensor sums = stego::sum_units(*backbone, images, views, transform, cancel);
                    return [sums](Napi::Env env) { return write_tensor(env, sums); };
                  });
  });
}

// without(map [H, H, C]): Backbone
Napi::Value BackboneHandle::without(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const at::Tensor map = read_tensor(info[0], "the position map", keep).clone();
    return wrap(info.Env(), std::make_shared<const VisionTransformer>(held()->without(PositionMap(map))));
  });
}

Napi::Value BackboneHandle::position_map(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto& removed = held()->removed();
    return removed ? Napi::Value(write_tensor(info.Env(), removed->map().clone())) : info.Env().Null();
  });
}

// trace(input, blocks, cancel): Promise<BackboneTrace>
Napi::Value BackboneHandle::trace(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const at::Tensor input = read_tensor(info[0], "the input", keep);
    const int64_t blocks = read_integer(info[1], "blocks");
    require(input.dim() == 4 && input.size(1) == 3 && input.scalar_type() == at::kFloat,
            "Expected a normalized float32 input [B, 3, H, W], got ", described(input), ".");
    return submit(info.Env(), read_cancel(info[2]), std::move(keep),
                  [backbone = held(), input, blocks](const CancelFlag& cancel) -> Finish {
                    const VisionTransformer::Trace trace = backbone->trace(input, blocks, cancel);
                    return [trace](Napi::Env env) -> Napi::Value {
                      const auto list = [&](const std::vector<at::Tensor>& tensors) {
                        Napi::Array array = Napi::Array::New(env, tensors.size());
                        for (size_t i = 0; i < tensors.size(); ++i) {
                          array.Set(static_cast<uint32_t>(i), write_tensor(env, tensors[i]));
                        }
                        return array;
                      };
                      Napi::Object result = Napi::Object::New(env);
                      result.Set("tokens", write_tensor(env, trace.tokens));
                      result.Set("positions", write_tensor(env, trace.positions));
                      result.Set("features", list(trace.inner.features));
                      result.Set("qkv", list(trace.inner.qkv));
                      return result;
                    };
                  });
  });
}

// From features; see submit_correspond.
Napi::Value BackboneHandle::correspond(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value { return submit_correspond(info, held(), nullptr); });
}

}  // namespace stego
