#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/aten.h"

namespace stego {

using TensorMap = std::map<std::string, at::Tensor>;
using Metadata = std::map<std::string, std::string>;

// What a weight file holds, without its values.
struct TensorEntry {
  std::string name;
  at::ScalarType dtype;
  std::vector<int64_t> shape;
  uint64_t begin, end;  // bytes, from the end of the header
};

struct WeightIndex {
  Metadata metadata;
  std::vector<TensorEntry> entries;  // in the order of their bytes
  uint64_t data_offset;
};

// Reads and checks the header of a .safetensors file: lengths, offsets without gaps or overlaps, known
// dtypes. Throws ERR_STEGO_CHECKPOINT for a damaged file and ERR_STEGO_DATA_MISSING where there is none.
WeightIndex read_safetensors_index(const std::string& path);

// Reads every tensor. The values are copies: the file may be replaced or removed afterwards.
std::pair<TensorMap, Metadata> read_safetensors(const std::string& path);

// Writes to a temporary name beside `path`, syncs it and renames it: `path` is never half-written.
void write_safetensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata);

// The name of a dtype in the format's spelling, e.g. "F32"; PyTorch's for one that the format does not have.
std::string dtype_name(at::ScalarType dtype);

// Whether the format has the dtype.
bool is_stored_dtype(at::ScalarType dtype);

}  // namespace stego
