#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weights/safetensors.h"

namespace stego {

// What a weight file of either kind holds, without the tensors' values.
struct WeightListing {
  struct Entry {
    std::string name, dtype;
    std::vector<int64_t> shape;
  };
  std::string format;                 // "safetensors" or "torch"
  Metadata metadata;                  // of a .safetensors file
  std::optional<std::string> values;  // of a PyTorch file: everything but its tensors, as JSON
  std::vector<Entry> tensors;
};

// Which tensors of a file to read, by the names they get. Several are joined along their first axis.
using NameMap = std::map<std::string, std::vector<std::string>>;

// The kind of file is told by its content. Both throw ERR_STEGO_DATA_MISSING where there is no file and
// ERR_STEGO_CHECKPOINT where it is neither kind or damaged, or where a named tensor is missing.
WeightListing list_weights(const std::string& path);
TensorMap read_weights(const std::string& path, const std::optional<NameMap>& names = std::nullopt);

}  // namespace stego
