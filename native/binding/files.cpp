#include "binding/files.h"

#include "binding/errors.h"
#include "binding/values.h"
#include "features/record_file.h"
#include "weights/torch_writer.h"
#include "weights/weight_file.h"

namespace stego {

namespace {

Napi::Object write_listing(Napi::Env env, const WeightListing& listing) {
  Napi::Object metadata = Napi::Object::New(env);
  for (const auto& [key, value] : listing.metadata) metadata.Set(key, value);
  Napi::Array tensors = Napi::Array::New(env, listing.tensors.size());
  for (size_t i = 0; i < listing.tensors.size(); ++i) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", listing.tensors[i].name);
    entry.Set("dtype", listing.tensors[i].dtype);
    entry.Set("shape", write_numbers(env, listing.tensors[i].shape));
    tensors.Set(static_cast<uint32_t>(i), entry);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("format", listing.format);
  result.Set("metadata", metadata);
  result.Set("values", listing.values ? Napi::String::New(env, *listing.values) : env.Null());
  result.Set("tensors", tensors);
  return result;
}

TensorMap read_tensors(const Napi::Value& value, KeepAlive& keep) {
  const Napi::Object object = read_object(value, "the tensors");
  TensorMap tensors;
  const Napi::Array names = object.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = read_string(names.Get(i), "a tensor's name");
    tensors[name] = read_tensor(object.Get(name), name.c_str(), keep);
  }
  return tensors;
}

using Writer = void(const std::string&, const TensorMap&, const Metadata&);

// inspectWeights(path): Promise<WeightFile>
Napi::Value inspect_weights(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string path = read_string(info[0], "a path");
    return submit(info.Env(), std::make_shared<CancelFlag>(), {}, [path](const CancelFlag&) -> Finish {
      const WeightListing listing = list_weights(path);
      return [listing](Napi::Env env) -> Napi::Value { return write_listing(env, listing); };
    });
  });
}

// readWeights(path, names): Promise<Record<string, Tensor>>
Napi::Value read_weights_of(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string path = read_string(info[0], "a path");
    const auto names = read_names(info[1]);
    return submit(info.Env(), std::make_shared<CancelFlag>(), {}, [path, names](const CancelFlag&) -> Finish {
      auto tensors = std::make_shared<const TensorMap>(read_weights(path, names));
      return [tensors](Napi::Env env) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        for (const auto& [name, tensor] : *tensors) result.Set(name, write_tensor(env, tensor));
        return result;
      };
    });
  });
}

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

// writeWeights(path, tensors, metadata), writeTorchArchive(path, tensors, metadata): Promise<void>
template <Writer write>
Napi::Value write_tensors(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string path = read_string(info[0], "a path");
    KeepAlive keep;
    const TensorMap tensors = read_tensors(info[1], keep);
    const Metadata metadata = read_strings(info[2], "the metadata");
    return submit(info.Env(), std::make_shared<CancelFlag>(), std::move(keep),
                  [path, tensors, metadata](const CancelFlag&) -> Finish {
                    write(path, tensors, metadata);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
  });
}

// convertWeights(from, names, to, metadata, format): Promise<void>
Napi::Value convert_weights(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string from = read_string(info[0], "a path");
    const auto names = read_names(info[1]);
    const std::string to = read_string(info[2], "a path");
    const Metadata metadata = read_strings(info[3], "the metadata");
    Writer* const write = read_choice<Writer*>(
        info[4], "the format", {{"safetensors", write_safetensors}, {"torch", write_torch_archive}});
    return submit(info.Env(), std::make_shared<CancelFlag>(), {}, [=](const CancelFlag&) -> Finish {
      write(to, read_weights(from, names), metadata);
      return [](Napi::Env env) { return env.Undefined(); };
    });
  });
}

}  // namespace

void define_files(Napi::Env env, Napi::Object exports) {
  exports.Set("inspectFeatures", Napi::Function::New<inspect_features>(env, "inspectFeatures"));
  exports.Set("inspectWeights", Napi::Function::New<inspect_weights>(env, "inspectWeights"));
  exports.Set("readWeights", Napi::Function::New<read_weights_of>(env, "readWeights"));
  exports.Set("writeWeights", Napi::Function::New<write_tensors<write_safetensors>>(env, "writeWeights"));
  exports.Set("writeTorchArchive",
              Napi::Function::New<write_tensors<write_torch_archive>>(env, "writeTorchArchive"));
  exports.Set("convertWeights", Napi::Function::New<convert_weights>(env, "convertWeights"));
}

}  // namespace stego
