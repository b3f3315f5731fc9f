#include "binding/values.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "core/error.h"
#include "device/devices.h"

namespace stego {

void unexpected(const char* name, const char* expected) {
  throw Error("ERR_STEGO_ARGUMENT", text("Expected ", name, " to be ", expected, "."));
}

Napi::Object read_object(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) unexpected(name, "an object");
  return value.As<Napi::Object>();
}

Napi::Array read_array(const Napi::Value& value, const char* name) {
  if (!value.IsArray()) unexpected(name, "an array");
  return value.As<Napi::Array>();
}

std::string read_string(const Napi::Value& value, const char* name) {
  if (!value.IsString()) unexpected(name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

double read_number(const Napi::Value& value, const char* name) {
  if (!value.IsNumber() || !std::isfinite(value.As<Napi::Number>().DoubleValue()))
    unexpected(name, "a finite number");
  return value.As<Napi::Number>().DoubleValue();
}

int64_t read_integer(const Napi::Value& value, const char* name) {
  const double number = read_number(value, name);
  if (number != std::floor(number) || std::abs(number) > 9007199254740991.0) unexpected(name, "an integer");
  return static_cast<int64_t>(number);
}

bool read_boolean(const Napi::Value& value, const char* name) {
  if (!value.IsBoolean()) unexpected(name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

namespace {

struct View {
  void* data;
  size_t length;  // elements
  napi_typedarray_type type;
};

View view(const Napi::Value& value, const char* name, const char* expected) {
  if (!value.IsTypedArray()) unexpected(name, expected);
  View result{};
  napi_value buffer;
  size_t offset;
  if (napi_get_typedarray_info(value.Env(), value, &result.type, &result.length, &result.data, &buffer,
                               &offset) != napi_ok) {
    unexpected(name, expected);
  }
  return result;
}

void hold(const Napi::Value& value, KeepAlive& keep) {
  keep.push_back(Napi::Persistent(value.As<Napi::Object>()));
}

at::ScalarType scalar_type(napi_typedarray_type type, const char* name) {
  switch (type) {
    case napi_float32_array:
      return at::kFloat;
    case napi_float64_array:
      return at::kDouble;
    case napi_int32_array:
      return at::kInt;
    case napi_bigint64_array:
      return at::kLong;
    case napi_int16_array:
      return at::kShort;
    case napi_int8_array:
      return at::kChar;
    case napi_uint16_array:
      return at::kUInt16;
    case napi_uint8_array:
      return at::kByte;
    default:
      unexpected(name, "a typed array of floats or integers that a tensor can hold");
  }
}

}  // namespace

std::vector<int64_t> read_indices(const Napi::Value& value, const char* name) {
  const View bytes = view(value, name, "an Int32Array");
  if (bytes.type != napi_int32_array) unexpected(name, "an Int32Array");
  const auto* data = static_cast<const int32_t*>(bytes.data);
  return {data, data + bytes.length};
}

ImageView read_pixels(const Napi::Value& value, int64_t channels, KeepAlive& keep) {
  const Napi::Object object = read_object(value, "an image");
  const Napi::Value data = object.Get("data");
  const View bytes = view(data, "an image's data", "a Uint8Array");
  const int64_t width = read_integer(object.Get("width"), "an image's width");
  const int64_t height = read_integer(object.Get("height"), "an image's height");
  if (bytes.type != napi_uint8_array && bytes.type != napi_uint8_clamped_array)
    unexpected("an image's data", "a Uint8Array");
  require(width > 0 && height > 0 && width <= INT32_MAX && height <= INT32_MAX &&
              static_cast<int64_t>(bytes.length) == width * height * channels,
          "Expected an image of ", width, " x ", height, " to hold ", channels, " byte(s) per pixel, got ",
          bytes.length, ".");
  hold(data, keep);
  return {static_cast<const uint8_t*>(bytes.data), height, width, channels};
}

std::vector<ImageView> read_images(const Napi::Value& value, KeepAlive& keep) {
  const Napi::Array array = read_array(value, "images");
  std::vector<ImageView> images;
  for (uint32_t i = 0; i < array.Length(); ++i) images.push_back(read_pixels(array.Get(i), 3, keep));
  require(!images.empty(), "Expected at least one image, got none.");
  return images;
}

at::Tensor read_bytes(const Napi::Value& value, const char* name, KeepAlive& keep) {
  const View bytes = view(value, name, "a Uint8Array");
  if (bytes.type != napi_uint8_array) unexpected(name, "a Uint8Array");
  hold(value, keep);
  return at::from_blob(bytes.data, {static_cast<int64_t>(bytes.length)}, at::kByte);
}

at::Tensor read_tensor(const Napi::Value& value, const char* name, KeepAlive& keep) {
  const Napi::Object object = read_object(value, name);
  const Napi::Value data = object.Get("data");
  const View bytes = view(data, name, "a tensor { data, shape }");
  const Napi::Array sides = read_array(object.Get("shape"), name);
  std::vector<int64_t> shape;
  unsigned __int128 count = 1;
  for (uint32_t i = 0; i < sides.Length(); ++i) {
    shape.push_back(read_integer(sides.Get(i), name));
    require(shape.back() >= 0, "Expected ", name, " to have no negative sides.");
    count *= static_cast<uint64_t>(shape.back());
    if (count > std::numeric_limits<int64_t>::max()) unexpected(name, "a tensor that fits in memory");
  }
  require(count == bytes.length, "Expected ", name, " to hold as many values as its shape says, got ",
          bytes.length, ".");
  hold(data, keep);
  return at::from_blob(bytes.data, shape, scalar_type(bytes.type, name));
}

Transform read_transform(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the transform");
  Transform transform;
  transform.resolution = read_integer(object.Get("resolution"), "the resolution");
  transform.multiple = read_integer(object.Get("multiple"), "the transform's multiple");
  transform.fit = read_choice<Transform::Fit>(object.Get("fit"), "fit",
                                              {{"center", Transform::Fit::center},
                                               {"squash", Transform::Fit::squash},
                                               {"whole", Transform::Fit::whole}});
  const Napi::Value max_patches = object.Get("maxPatches");
  if (!max_patches.IsUndefined()) transform.max_patches = read_integer(max_patches, "maxPatches");
  require(transform.resolution >= 1 && transform.resolution <= 1 << 16,
          "Expected a resolution between 1 and 65536, got ", transform.resolution, ".");
  require(transform.multiple >= 1 && transform.multiple <= 1 << 16, "Expected a positive multiple, got ",
          transform.multiple, ".");
  return transform;
}

// "cpu", or "cuda:0" and so on, where the addon was built with CUDA.
at::Device read_device(const Napi::Value& value) {
  const std::string name = read_string(value, "device");
  if (name == "cpu") return at::kCPU;
  const CudaInfo cuda = cuda_info();
  for (size_t i = 0; i < cuda.devices.size(); ++i) {
    if (name == text("cuda:", i)) return {at::kCUDA, static_cast<c10::DeviceIndex>(i)};
  }
  // One that a library beside libtorch has registered there.
  if (c10::is_privateuse1_backend_registered() && name == c10::get_privateuse1_backend()) {
    return at::kPrivateUse1;
  }
  throw Error("ERR_STEGO_DEVICE", text("Expected a device of this machine, got ", name, "."));
}

Target read_target(const Napi::Object& options) {
  return {read_device(options.Get("device")),
          read_choice<at::ScalarType>(options.Get("dtype"), "dtype",
                                      {{"float32", at::kFloat}, {"bfloat16", at::kBFloat16}}),
          read_instructions(options.Get("instructions")), options.Get("plain").ToBoolean().Value()};
}

Instructions read_instructions(const Napi::Value& value) {
  if (value.IsUndefined()) return Instructions::automatic;
  return read_choice<Instructions>(value, "instructions",
                                   {{"auto", Instructions::automatic},
                                    {"avx512", Instructions::avx512},
                                    {"avx2", Instructions::avx2},
                                    {"portable", Instructions::portable},
                                    {"operators", Instructions::operators}});
}

Napi::Value write_data(Napi::Env env, const at::Tensor& tensor) {
  at::Tensor values = tensor.detach().cpu();
  if (values.scalar_type() == at::kHalf || values.scalar_type() == at::kBFloat16)
    values = values.to(at::kFloat);
  values = values.contiguous();
  const size_t bytes = values.nbytes(), count = values.numel();
  napi_value buffer = nullptr;
  napi_status status = napi_generic_failure;
  if (bytes > 0) {
    auto* owner = new at::Tensor(values);
    status = napi_create_external_arraybuffer(
        env, values.mutable_data_ptr(), bytes,
        [](napi_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); }, owner, &buffer);
    if (status != napi_ok) delete owner;
  }
  if (status != napi_ok) {  // refused (Electron) or empty
    Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, bytes);
    if (bytes > 0) std::memcpy(copy.Data(), values.const_data_ptr(), bytes);
    buffer = copy;
  }
  const Napi::ArrayBuffer memory(env, buffer);
  switch (values.scalar_type()) {
    case at::kFloat:
      return Napi::Float32Array::New(env, count, memory, 0);
    case at::kDouble:
      return Napi::Float64Array::New(env, count, memory, 0);
    case at::kInt:
      return Napi::Int32Array::New(env, count, memory, 0);
    case at::kLong:
      return Napi::BigInt64Array::New(env, count, memory, 0);
    case at::kShort:
      return Napi::Int16Array::New(env, count, memory, 0);
    case at::kChar:
      return Napi::Int8Array::New(env, count, memory, 0);
    case at::kUInt16:
      return Napi::Uint16Array::New(env, count, memory, 0);
    case at::kByte:
    case at::kBool:
      return Napi::Uint8Array::New(env, count, memory, 0);
    default:
      unexpected("a tensor", "of a dtype that JavaScript has an array for");
  }
}

Napi::Object write_tensor(Napi::Env env, const at::Tensor& tensor) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("data", write_data(env, tensor));
  result.Set("shape", write_numbers(env, tensor.sizes().vec()));
  return result;
}

namespace {

template <typename Number>
Napi::Array write_list(Napi::Env env, const std::vector<Number>& values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    array.Set(static_cast<uint32_t>(i), Napi::Number::New(env, static_cast<double>(values[i])));
  }
  return array;
}

}  // namespace

Napi::Array write_numbers(Napi::Env env, const std::vector<double>& values) {
  return write_list(env, values);
}
Napi::Array write_numbers(Napi::Env env, const std::vector<int64_t>& values) {
  return write_list(env, values);
}

std::vector<LabeledImage> read_labeled(const Napi::Value& value, const char* name, KeepAlive& keep) {
  const Napi::Array array = read_array(value, name);
  std::vector<LabeledImage> images;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Object object = read_object(array.Get(i), name);
    images.push_back({read_pixels(object.Get("image"), 3, keep), read_pixels(object.Get("label"), 1, keep)});
  }
  return images;
}

}  // namespace stego
