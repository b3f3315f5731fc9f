#pragma once
#include <string>

#include "core/aten.h"

namespace stego {

// Types by the names of safetensors, "F32" and the like. Throws ERR_STEGO_ARGUMENT for a name it does not
// have.
at::ScalarType dtype_of(const std::string& name);

// The name of a type that safetensors has.
std::string dtype_name(at::ScalarType dtype);

}  // namespace stego
