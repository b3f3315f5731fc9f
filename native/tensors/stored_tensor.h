#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/aten.h"

namespace stego {

using TensorMap = std::map<std::string, at::Tensor>;

// A tensor as stored in a file, little-endian.
struct StoredTensor {
  std::string name, file;
  at::ScalarType dtype;
  std::vector<int64_t> shape, strides;  // strides in elements
  uint64_t offset;                      // of the first element, in bytes
};

// Tensors by their new names; several parts are joined along the first axis.
using StoredTensors = std::map<std::string, std::vector<StoredTensor>>;

// Reads the values as copies, so the files can be replaced or removed afterward. Throws ERR_STEGO_ARGUMENT
// for impossible shapes, ERR_STEGO_CHECKPOINT if a file ends before a tensor does or parts do not fit
// together, and the errors of File.
TensorMap read_stored(const StoredTensors& stored);

}  // namespace stego
