#include "binding/files.h"

#include "binding/errors.h"
#include "binding/values.h"
#include "weights/safetensors.h"

namespace stego {

namespace {

// inspectWeights(path): Promise<{ metadata, tensors: { name, dtype, shape }[] }>
Napi::Value inspect_weights(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string path = read_string(info[0], "a path");
    return submit(info.Env(), std::make_shared<CancelFlag>(), {}, [path](const CancelFlag&) -> Finish {
      const WeightIndex index = read_safetensors_index(path);
      return [index](Napi::Env env) -> Napi::Value {
        Napi::Object metadata = Napi::Object::New(env);
        for (const auto& [key, value] : index.metadata) metadata.Set(key, value);
        Napi::Array tensors = Napi::Array::New(env, index.entries.size());
        for (size_t i = 0; i < index.entries.size(); ++i) {
          Napi::Object entry = Napi::Object::New(env);
          entry.Set("name", index.entries[i].name);
          entry.Set("dtype", dtype_name(index.entries[i].dtype));
          entry.Set("shape", write_numbers(env, index.entries[i].shape));
          tensors.Set(static_cast<uint32_t>(i), entry);
        }
        Napi::Object result = Napi::Object::New(env);
        result.Set("metadata", metadata);
        result.Set("tensors", tensors);
        return result;
      };
    });
  });
}

// readWeights(path): Promise<Record<string, Tensor>>
Napi::Value read_weights(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string path = read_string(info[0], "a path");
    return submit(info.Env(), std::make_shared<CancelFlag>(), {}, [path](const CancelFlag&) -> Finish {
      auto tensors = std::make_shared<const TensorMap>(read_safetensors(path).first);
      return [tensors](Napi::Env env) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        for (const auto& [name, tensor] : *tensors) result.Set(name, write_tensor(env, tensor));
        return result;
      };
    });
  });
}

// writeWeights(path, tensors, metadata): Promise<void>
Napi::Value write_weights(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string path = read_string(info[0], "a path");
    const Napi::Object object = read_object(info[1], "the tensors");
    const Metadata metadata = read_strings(info[2], "the metadata");
    KeepAlive keep;
    TensorMap tensors;
    const Napi::Array names = object.GetPropertyNames();
    for (uint32_t i = 0; i < names.Length(); ++i) {
      const std::string name = read_string(names.Get(i), "a tensor's name");
      tensors[name] = read_tensor(object.Get(name), name.c_str(), keep);
    }
    return submit(info.Env(), std::make_shared<CancelFlag>(), std::move(keep),
                  [path, tensors, metadata](const CancelFlag&) -> Finish {
                    write_safetensors(path, tensors, metadata);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
  });
}

}  // namespace

void define_files(Napi::Env env, Napi::Object exports) {
  exports.Set("inspectWeights", Napi::Function::New<inspect_weights>(env, "inspectWeights"));
  exports.Set("readWeights", Napi::Function::New<read_weights>(env, "readWeights"));
  exports.Set("writeWeights", Napi::Function::New<write_weights>(env, "writeWeights"));
}

}  // namespace stego
