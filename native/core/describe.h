#pragma once
#include <string>

#include "core/aten.h"
#include "core/error.h"

namespace stego {

// A tensor's type and shape for messages, such as "Float [2, 3]".
inline std::string described(const at::Tensor& tensor) {
  return text(c10::toString(tensor.scalar_type()), ' ', tensor.sizes());
}

}  // namespace stego
