#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/aten.h"
#include "weights/pickle.h"

namespace stego {

// A tensor as a PyTorch pickle describes it: a view of a storage that lies elsewhere in the file.
struct TorchTensor {
  std::string name;      // dotted path, e.g. `state_dict.net.model.cls_token`
  at::ScalarType dtype;  // Undefined for one that this version does not know
  std::vector<int64_t> shape, strides;
  int64_t offset;       // elements, from the begin of the storage
  std::string storage;  // key

  int64_t elements() const;
  int64_t extent() const;  // elements from the first to behind the last, in the storage
};

// What a pickle says of a storage: ("storage", class, key, location, elements[, view]).
struct TorchStorage {
  std::string key;
  at::ScalarType dtype;  // likewise
  // Of files before PyTorch 0.4: the key of a part of this storage, and where the part begins.
  std::optional<std::pair<std::string, int64_t>> view;
};

// Whether a value is a tensor or a parameter.
bool is_tensor(const PickleValue& value);

// A persistent value as a storage; nothing for other ones. Throws ERR_STEGO_CHECKPOINT for a malformed one.
std::optional<TorchStorage> read_storage(const PickleValue& value, const std::string& path);

// All tensors below a value, by dotted path: keys of dictionaries, positions in lists, attributes of objects.
// The tables that a pickled module keeps its parts in add nothing to the path, so that names are those of its
// state dict. Throws ERR_STEGO_CHECKPOINT.
std::vector<TorchTensor> collect_tensors(const PickleValue& root, const std::string& path);

}  // namespace stego
