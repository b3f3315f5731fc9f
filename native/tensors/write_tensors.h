#pragma once
#include <string>
#include <vector>

#include "core/aten.h"

namespace stego {

// Writes a file: the bytes of `header`, then those of the tensors, one after the other, and syncs it. What
// File throws.
void write_tensors(const std::string& path, const std::string& header,
                   const std::vector<at::Tensor>& tensors);

}  // namespace stego
