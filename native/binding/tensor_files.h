#pragma once
#include "binding/values.h"
#include "tensors/stored_tensor.h"

namespace stego {

// Record<string, { name, file, dtype, shape, strides, offset }[]>
StoredTensors read_stored_tensors(const Napi::Value& value);

// Lists the tensors a handle saves without their values, { name, dtype, shape }[], sorted by name; and writes
// the same tensors after a header.
using Save = std::function<void(TensorMap&)>;
Napi::Promise submit_listing(Napi::Env env, Save save);
Napi::Promise submit_writing(const Napi::CallbackInfo& info, Save save);  // (path, header)

void define_tensor_files(Napi::Env env, Napi::Object exports);

}  // namespace stego
