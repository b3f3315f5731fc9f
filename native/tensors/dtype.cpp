#include "tensors/dtype.h"

#include "core/error.h"

namespace stego {

namespace {

constexpr std::pair<const char*, at::ScalarType> kDtypes[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
    {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
    {"U8", at::kByte},    {"BOOL", at::kBool}, {"U16", at::kUInt16}};

}  // namespace

at::ScalarType dtype_of(const std::string& name) {
  for (const auto& [known, type] : kDtypes) {
    if (name == known) return type;
  }
  throw Error("ERR_STEGO_ARGUMENT", text("Expected a type of safetensors, such as F32, got ", name, "."));
}

std::string dtype_name(at::ScalarType dtype) {
  for (const auto& [name, known] : kDtypes) {
    if (dtype == known) return name;
  }
  throw Error("ERR_STEGO_ARGUMENT",
              text("Expected a type that safetensors has, got ", at::toString(dtype), "."));
}

}  // namespace stego
