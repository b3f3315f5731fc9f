#include "binding/handles.h"
#include "binding/operators.h"
#include "binding/tags.h"
#include "binding/values.h"
#include "core/describe.h"
#include "device/devices.h"
#include "features/record_file.h"

namespace stego {

Napi::Function FeatureStoreHandle::define(Napi::Env env) {
  return DefineClass(env, "FeatureStore",
                     {InstanceAccessor<&FeatureStoreHandle::describe>("info"),
                      InstanceMethod<&FeatureStoreHandle::compute>("compute"),
                      InstanceMethod<&FeatureStoreHandle::compute_prepared>("computePrepared"),
                      InstanceMethod<&FeatureStoreHandle::missing>("missing"),
                      InstanceMethod<&FeatureStoreHandle::missing_means>("missingMeans"),
                      InstanceMethod<&FeatureStoreHandle::neighbors>("neighbors"),
                      InstanceMethod<&FeatureStoreHandle::dispose>("dispose")});
}

namespace {

// null, or { path, key, description, dtype, gridHeight, gridWidth }
std::optional<StoreOptions::File> read_store_file(const Napi::Value& value) {
  if (value.IsNull()) return std::nullopt;
  const Napi::Object object = read_object(value, "the file");
  return StoreOptions::File{
      read_string(object.Get("path"), "path"),
      read_string(object.Get("key"), "key"),
      read_string(object.Get("description"), "description"),
      read_choice<at::ScalarType>(object.Get("dtype"), "dtype",
                                  {{"float16", at::kHalf}, {"float32", at::kFloat}}),
      read_integer(object.Get("gridHeight"), "gridHeight"),
      read_integer(object.Get("gridWidth"), "gridWidth"),
  };
}

}  // namespace

// new FeatureStore(backbone, count, { budgetBytes, pictures, file })
FeatureStoreHandle::FeatureStoreHandle(const Napi::CallbackInfo& info) : Handle(info) {
  guarded(info.Env(), [&] {
    info.This().As<Napi::Object>().TypeTag(&kFeatureStoreTag);
    const Napi::Object options = read_object(info[2], "the options");
    const bool pictures = read_boolean(options.Get("pictures"), "pictures");
    const StoreOptions store{read_integer(info[1], "count"), pictures ? kCrfSide : 0,
                             read_integer(options.Get("budgetBytes"), "budgetBytes"),
                             read_store_file(options.Get("file"))};
    hold(info.Env(), std::make_shared<FeatureStore>(read_backbone(info[0]), store), 0);
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

Finish nothing() {
  return [](Napi::Env env) -> Napi::Value { return env.Undefined(); };
}

Finish write_indices(const std::vector<int64_t>& indices) {
  return [tensor = at::tensor(indices, at::kInt)](Napi::Env env) { return write_data(env, tensor); };
}

}  // namespace

// compute(indices, images, transform, cancel): Promise<void>
Napi::Value FeatureStoreHandle::compute(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const auto indices = read_indices(info[0], "indices");
    const auto images = read_images(info[1], keep);
    const Transform transform = read_transform(info[2]);
    return submit(info.Env(), read_cancel(info[3]), std::move(keep),
                  [store = held(), indices, images, transform](const CancelFlag& cancel) {
                    store->compute(indices,
                                   prepare_images(images, transform, store->backbone().device(), cancel),
                                   cancel);
                    return nothing();
                  });
  });
}

// computePrepared(indices, input [n, 3, H, W], cancel): Promise<void>
Napi::Value FeatureStoreHandle::compute_prepared(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const auto indices = read_indices(info[0], "indices");
    const at::Tensor input = read_tensor(info[1], "the input", keep);
    require(input.dim() == 4 && input.size(1) == 3 && input.scalar_type() == at::kFloat,
            "Expected a normalized float32 input [B, 3, H, W], got ", described(input), ".");
    return submit(info.Env(), read_cancel(info[2]), std::move(keep),
                  [store = held(), indices, input](const CancelFlag& cancel) {
                    store->compute(indices, input, cancel);
                    return nothing();
                  });
  });
}

// missing(indices, cancel): Promise<Int32Array>
Napi::Value FeatureStoreHandle::missing(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto indices = read_indices(info[0], "indices");
    return submit(info.Env(), read_cancel(info[1]), {}, [store = held(), indices](const CancelFlag&) {
      return write_indices(store->missing(indices));
    });
  });
}

// missingMeans(cancel): Promise<Int32Array>
Napi::Value FeatureStoreHandle::missing_means(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return submit(info.Env(), read_cancel(info[0]), {}, [store = held()](const CancelFlag& cancel) {
      return write_indices(store->missing_means(cancel));
    });
  });
}

Napi::Object write_neighbors(Napi::Env env, const Neighbors& neighbors) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("indices", write_data(env, neighbors.indices));
  result.Set("similarities", write_data(env, neighbors.similarities));
  result.Set("recall",
             neighbors.recall ? Napi::Value(Napi::Number::New(env, *neighbors.recall)) : env.Null());
  return result;
}

// neighbors(k, cancel): Promise<{ indices, similarities, recall }>
Napi::Value FeatureStoreHandle::neighbors(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const int64_t k = read_integer(info[0], "k");
    return submit(info.Env(), read_cancel(info[1]), {},
                  [store = held(), k](const CancelFlag& cancel) -> Finish {
                    const Neighbors neighbors =
                        nearest_neighbors(upload(store->pooled(), store->backbone().device()), k, cancel);
                    return [neighbors](Napi::Env env) { return write_neighbors(env, neighbors); };
                  });
  });
}

namespace {

// inspectFeatures(path): Promise<{ count, done, bytes, key, description }>
Napi::Value inspect_features(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string path = read_string(info[0], "a path");
    return submit(info.Env(), std::make_shared<CancelFlag>(), {}, [path](const CancelFlag&) -> Finish {
      return [found = RecordFile::inspect(path)](Napi::Env env) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("count", static_cast<double>(found.layout.count));
        result.Set("done", static_cast<double>(found.done));
        result.Set("bytes", static_cast<double>(found.size));
        result.Set("key", found.key);
        result.Set("description", found.description);
        return result;
      };
    });
  });
}

}  // namespace

void define_store_operators(Napi::Env env, Napi::Object exports) {
  exports.Set("FeatureStore", FeatureStoreHandle::define(env));
  exports.Set("inspectFeatures", Napi::Function::New<inspect_features>(env, "inspectFeatures"));
}

}  // namespace stego
