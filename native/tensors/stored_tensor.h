#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/aten.h"

namespace stego {

using TensorMap = std::map<std::string, at::Tensor>;

// A tensor as it lies in a file, little-endian.
struct StoredTensor {
  std::string name, file;
  at::ScalarType dtype;
  std::vector<int64_t> shape, strides;  // strides in elements
  uint64_t offset;                      // bytes, to the first element
};

// Tensors by the names they get; several are joined along their first axis.
using StoredTensors = std::map<std::string, std::vector<StoredTensor>>;

// Reads the values; they are copies, so that the files may be replaced or removed afterwards. Throws
// ERR_STEGO_ARGUMENT for shapes that cannot be, ERR_STEGO_CHECKPOINT where a file ends before a tensor or
// parts do not go together, and what File does.
TensorMap read_stored(const StoredTensors& stored);

}  // namespace stego
