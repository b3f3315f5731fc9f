#pragma once
#include <string>

#include "core/aten.h"

namespace stego {

// The type for a safetensors name such as "F32". Throws ERR_STEGO_ARGUMENT for an unknown name.
at::ScalarType dtype_of(const std::string& name);

// The safetensors name of a type.
std::string dtype_name(at::ScalarType dtype);

}  // namespace stego
