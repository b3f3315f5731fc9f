#include "binding/handles.h"
#include "binding/tags.h"
#include "binding/values.h"

namespace stego {

Napi::Function FeatureStoreHandle::define(Napi::Env env) {
  return DefineClass(env, "FeatureStore",
                     {InstanceAccessor<&FeatureStoreHandle::describe>("info"),
                      InstanceMethod<&FeatureStoreHandle::compute>("compute"),
                      InstanceMethod<&FeatureStoreHandle::compute_prepared>("computePrepared"),
                      InstanceMethod<&FeatureStoreHandle::neighbors>("neighbors"),
                      InstanceMethod<&FeatureStoreHandle::dispose>("dispose")});
}

// new FeatureStore(backbone, count, { budgetBytes, pictures })
FeatureStoreHandle::FeatureStoreHandle(const Napi::CallbackInfo& info) : Handle(info) {
  guarded(info.Env(), [&] {
    info.This().As<Napi::Object>().TypeTag(&kFeatureStoreTag);
    const Napi::Object options = read_object(info[2], "the options");
    const bool pictures = read_boolean(options.Get("pictures"), "pictures");
    hold(info.Env(),
         std::make_shared<FeatureStore>(read_backbone(info[0]), read_integer(info[1], "count"),
                                        read_integer(options.Get("budgetBytes"), "budgetBytes"),
                                        pictures ? kCrfSide : 0),
         0);
  });
}

std::shared_ptr<FeatureStore> read_store(const Napi::Value& value) {
  return unwrap<FeatureStoreHandle>(value, kFeatureStoreTag, "a FeatureStore").held();
}

Napi::Value FeatureStoreHandle::describe(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("bytes", static_cast<double>(held()->bytes()));
    result.Set("kept", static_cast<double>(held()->kept()));
    result.Set("count", static_cast<double>(held()->count()));
    report(info.Env(), held()->bytes());
    return result;
  });
}

namespace {

Finish write_kept(std::vector<bool> kept) {
  return [kept = std::move(kept)](Napi::Env env) -> Napi::Value {
    Napi::Array array = Napi::Array::New(env, kept.size());
    for (size_t i = 0; i < kept.size(); ++i)
      array.Set(static_cast<uint32_t>(i), Napi::Boolean::New(env, kept[i]));
    return array;
  };
}

}  // namespace

// compute(indices, images, transform, cancel): Promise<boolean[]>
Napi::Value FeatureStoreHandle::compute(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const auto indices = read_indices(info[0], "indices");
    const auto images = read_images(info[1], keep);
    const Transform transform = read_transform(info[2]);
    return submit(info.Env(), read_cancel(info[3]), std::move(keep),
                  [store = held(), indices, images, transform](const CancelFlag& cancel) {
                    return write_kept(store->compute(indices, prepare_images(images, transform), cancel));
                  });
  });
}

// computePrepared(indices, input [n, 3, H, W], cancel): Promise<boolean[]>
Napi::Value FeatureStoreHandle::compute_prepared(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const auto indices = read_indices(info[0], "indices");
    const at::Tensor input = read_tensor(info[1], "the input", keep);
    require(input.dim() == 4 && input.size(1) == 3 && input.scalar_type() == at::kFloat,
            "Expected a normalised input [B, 3, H, W] of float32.");
    return submit(info.Env(), read_cancel(info[2]), std::move(keep),
                  [store = held(), indices, input](const CancelFlag& cancel) {
                    return write_kept(store->compute(indices, input, cancel));
                  });
  });
}

Napi::Object write_neighbors(Napi::Env env, const Neighbors& neighbors) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("indices", write_data(env, neighbors.indices));
  result.Set("similarities", write_data(env, neighbors.similarities));
  result.Set("recall", neighbors.recall ? Napi::Value(Napi::Number::New(env, *neighbors.recall)) : env.Null());
  return result;
}

// neighbors(k, cancel): Promise<{ indices, similarities, recall }>
Napi::Value FeatureStoreHandle::neighbors(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const int64_t k = read_integer(info[0], "k");
    return submit(info.Env(), read_cancel(info[1]), {},
                  [store = held(), k](const CancelFlag& cancel) -> Finish {
                    const Neighbors neighbors = nearest_neighbors(store->pooled(), k, cancel);
                    return [neighbors](Napi::Env env) { return write_neighbors(env, neighbors); };
                  });
  });
}

}  // namespace stego
