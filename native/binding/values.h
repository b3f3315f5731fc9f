#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "binding/job_thread.h"
#include "binding/napi.h"
#include "core/instructions.h"
#include "core/target.h"
#include "imaging/transform.h"
#include "model/scores.h"

namespace stego {

// Readers for JavaScript values. `name` appears in the error (ERR_STEGO_ARGUMENT) if the value is of the
// wrong kind.
Napi::Object read_object(const Napi::Value& value, const char* name);
Napi::Array read_array(const Napi::Value& value, const char* name);
std::string read_string(const Napi::Value& value, const char* name);
double read_number(const Napi::Value& value, const char* name);
int64_t read_integer(const Napi::Value& value, const char* name);
bool read_boolean(const Napi::Value& value, const char* name);
std::vector<int64_t> read_indices(const Napi::Value& value, const char* name);  // an Int32Array

// Views of typed arrays. The viewed values are added to `keep`.
ImageView read_pixels(const Napi::Value& value, int64_t channels,
                      KeepAlive& keep);  // { data, width, height }
std::vector<ImageView> read_images(const Napi::Value& value, KeepAlive& keep);
at::Tensor read_bytes(const Napi::Value& value, const char* name, KeepAlive& keep);   // a Uint8Array, flat
at::Tensor read_tensor(const Napi::Value& value, const char* name, KeepAlive& keep);  // { data, shape }

Transform read_transform(const Napi::Value& value);
at::Device read_device(const Napi::Value& value);  // "cpu", "cuda:0", ...
Target read_target(const Napi::Object& options);   // the device and dtype
Instructions read_instructions(const Napi::Value& value);

// One of several named choices, e.g. read_choice(value, "fit", {{"center", Fit::center}, ...}).
template <typename Choice>
Choice read_choice(const Napi::Value& value, const char* name,
                   const std::vector<std::pair<const char*, Choice>>& choices);

// Tensors as { data, shape }: external buffers if the runtime allows them, otherwise copies.
Napi::Object write_tensor(Napi::Env env, const at::Tensor& tensor);
Napi::Value write_data(Napi::Env env, const at::Tensor& tensor);  // the typed array alone
Napi::Array write_numbers(Napi::Env env, const std::vector<double>& values);
Napi::Array write_numbers(Napi::Env env, const std::vector<int64_t>& values);

[[noreturn]] void unexpected(const char* name, const char* expected);

template <typename Choice>
Choice read_choice(const Napi::Value& value, const char* name,
                   const std::vector<std::pair<const char*, Choice>>& choices) {
  const std::string given = read_string(value, name);
  for (const auto& [text, choice] : choices) {
    if (given == text) return choice;
  }
  unexpected(name, "one of its known names");
}

// [{ image, label }, ...]
std::vector<LabeledImage> read_labeled(const Napi::Value& value, const char* name, KeepAlive& keep);

}  // namespace stego
