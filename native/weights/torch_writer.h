#pragma once
#include <string>

#include "weights/safetensors.h"

namespace stego {

// Writes what torch.load(path, weights_only=True) reads as {"state_dict": OrderedDict of tensors, "metadata":
// {text: text}}: a zip archive of version 3, each tensor with a storage of its own. To a temporary name
// beside `path`, which is synced and renamed: `path` is never half-written.
void write_torch_archive(const std::string& path, const TensorMap& tensors, const Metadata& metadata);

}  // namespace stego
