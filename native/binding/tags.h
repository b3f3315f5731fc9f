#pragma once
#include "binding/napi.h"
#include "binding/values.h"

namespace stego {

// Type tags for our objects, so that an object of another kind is rejected instead of misread.
inline constexpr napi_type_tag kCancelTokenTag = {0x7374656701, 1};
inline constexpr napi_type_tag kBackboneTag = {0x7374656701, 2};
inline constexpr napi_type_tag kNetworkTag = {0x7374656701, 3};
inline constexpr napi_type_tag kFeatureStoreTag = {0x7374656701, 4};
inline constexpr napi_type_tag kTrainerTag = {0x7374656701, 5};

template <typename Wrapped>
Wrapped& unwrap(const Napi::Value& value, const napi_type_tag& tag, const char* expected) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&tag)) unexpected("an argument", expected);
  return *Wrapped::Unwrap(value.As<Napi::Object>());
}

}  // namespace stego
