#include "binding/tensor_files.h"

#include "binding/errors.h"
#include "core/error.h"
#include "tensors/dtype.h"
#include "tensors/write_tensors.h"

namespace stego {

namespace {

std::vector<int64_t> read_sides(const Napi::Value& value, const char* name) {
  const Napi::Array array = read_array(value, name);
  std::vector<int64_t> sides;
  for (uint32_t i = 0; i < array.Length(); ++i) sides.push_back(read_integer(array.Get(i), name));
  return sides;
}

StoredTensor read_stored_tensor(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "a stored tensor");
  const int64_t offset = read_integer(object.Get("offset"), "the offset");
  require(offset >= 0, "Expected an offset of at least 0, got ", offset, ".");
  return {read_string(object.Get("name"), "a tensor's name"),
          read_string(object.Get("file"), "a tensor's file"),
          dtype_of(read_string(object.Get("dtype"), "a tensor's type")),
          read_sides(object.Get("shape"), "a tensor's shape"),
          read_sides(object.Get("strides"), "a tensor's strides"),
          static_cast<uint64_t>(offset)};
}

// readTensors(stored): Promise<Record<string, Tensor>>
Napi::Value read_tensors(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const StoredTensors stored = read_stored_tensors(info[0]);
    return submit(info.Env(), std::make_shared<CancelFlag>(), {}, [stored](const CancelFlag&) -> Finish {
      auto tensors = std::make_shared<const TensorMap>(read_stored(stored));
      return [tensors](Napi::Env env) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        for (const auto& [name, tensor] : *tensors) result.Set(name, write_tensor(env, tensor));
        return result;
      };
    });
  });
}

}  // namespace

StoredTensors read_stored_tensors(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the stored tensors");
  const Napi::Array names = object.GetPropertyNames();
  StoredTensors stored;
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = read_string(names.Get(i), "a tensor's name");
    const Napi::Array parts = read_array(object.Get(name), "the parts of a tensor");
    for (uint32_t part = 0; part < parts.Length(); ++part) {
      stored[name].push_back(read_stored_tensor(parts.Get(part)));
    }
  }
  return stored;
}

Napi::Promise submit_listing(Napi::Env env, Save save) {
  return submit(env, std::make_shared<CancelFlag>(), {},
                [save = std::move(save)](const CancelFlag&) -> Finish {
                  TensorMap tensors;
                  save(tensors);
                  return [tensors](Napi::Env env) -> Napi::Value {
                    Napi::Array list = Napi::Array::New(env, tensors.size());
                    uint32_t place = 0;
                    for (const auto& [name, tensor] : tensors) {
                      Napi::Object entry = Napi::Object::New(env);
                      entry.Set("name", name);
                      entry.Set("dtype", dtype_name(tensor.scalar_type()));
                      entry.Set("shape", write_numbers(env, tensor.sizes().vec()));
                      list.Set(place++, entry);
                    }
                    return list;
                  };
                });
}

Napi::Promise submit_writing(const Napi::CallbackInfo& info, Save save) {
  KeepAlive keep;
  const std::string path = read_string(info[0], "a path");
  const at::Tensor bytes = read_bytes(info[1], "the header", keep);
  const std::string header(static_cast<const char*>(bytes.const_data_ptr()), bytes.numel());
  return submit(info.Env(), std::make_shared<CancelFlag>(), {},
                [path, header, save = std::move(save)](const CancelFlag&) -> Finish {
                  TensorMap tensors;
                  save(tensors);
                  std::vector<at::Tensor> values;
                  for (const auto& [name, tensor] : tensors) values.push_back(tensor);
                  write_tensors(path, header, values);
                  return [](Napi::Env env) { return env.Undefined(); };
                });
}

void define_tensor_files(Napi::Env env, Napi::Object exports) {
  exports.Set("readTensors", Napi::Function::New<read_tensors>(env, "readTensors"));
}

}  // namespace stego
