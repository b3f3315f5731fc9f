#pragma once
#include <string>
#include <vector>

#include "core/aten.h"

namespace stego {

// Writes a file (the bytes of `header`, then those of each tensor in turn) and syncs it. Throws the same
// errors as File.
void write_tensors(const std::string& path, const std::string& header,
                   const std::vector<at::Tensor>& tensors);

}  // namespace stego
