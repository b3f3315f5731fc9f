#include "weights/weight_file.h"

#include <algorithm>
#include <functional>

#include "core/error.h"
#include "weights/torch_archive.h"

namespace stego {

namespace {

// A header of .safetensors may begin with any eight bytes, but then comes a brace.
bool is_torch(const std::string& path) {
  const File file = File::open(path);
  std::string bytes(std::min<uint64_t>(file.size(), 9), '\0');
  file.read(bytes.data(), bytes.size(), 0);
  return !(bytes.size() == 9 && bytes[8] == '{') && TorchArchive::recognizes(bytes);
}

using Reader = std::function<at::Tensor(const std::string&)>;

at::Tensor joined(const std::string& path, const std::string& name, const std::vector<std::string>& parts,
                  const Reader& read) {
  std::vector<at::Tensor> tensors;
  for (const std::string& part : parts) {
    tensors.push_back(read(part));
    const at::Tensor &first = tensors.front(), &last = tensors.back();
    if (tensors.size() == 1) continue;
    if (first.dim() == 0 || first.dim() != last.dim() || first.scalar_type() != last.scalar_type() ||
        first.sizes().slice(1) != last.sizes().slice(1)) {
      throw Error("ERR_STEGO_CHECKPOINT",
                  text("Expected the tensors of ", path, " that make '", name,
                       "' to have one type and width, but '", part, "' differs from '", parts.front(), "'."));
    }
  }
  return tensors.size() == 1 ? tensors.front() : at::cat(tensors);
}

[[noreturn]] void missing(const std::string& path, const std::string& name) {
  throw Error("ERR_STEGO_CHECKPOINT", text("Expected tensor '", name, "' in ", path, ", but it is missing."));
}

TensorMap read_names(const std::string& path, const NameMap& names, const Reader& read) {
  TensorMap tensors;
  for (const auto& [name, parts] : names) tensors[name] = joined(path, name, parts, read);
  return tensors;
}

TensorMap read_torch(const std::string& path, const std::optional<NameMap>& names) {
  const TorchArchive archive(path);
  uint64_t budget = archive.full_budget();
  if (!names) {
    TensorMap tensors;
    for (const TorchTensor& tensor : archive.tensors()) tensors[tensor.name] = archive.read(tensor, budget);
    return tensors;
  }
  std::map<std::string, const TorchTensor*> known;
  for (const TorchTensor& tensor : archive.tensors()) known[tensor.name] = &tensor;
  return read_names(path, *names, [&](const std::string& name) {
    const auto found = known.find(name);
    if (found == known.end()) missing(path, name);
    return archive.read(*found->second, budget);
  });
}

}  // namespace

WeightListing list_weights(const std::string& path) {
  WeightListing listing;
  if (is_torch(path)) {
    const TorchArchive archive(path);
    listing.format = "torch";
    listing.values = archive.values();
    for (const TorchTensor& tensor : archive.tensors()) {
      listing.tensors.push_back({tensor.name, dtype_name(tensor.dtype), tensor.shape});
    }
  } else {
    WeightIndex index = read_safetensors_index(path);
    listing.format = "safetensors";
    listing.metadata = std::move(index.metadata);
    for (TensorEntry& entry : index.entries) {
      listing.tensors.push_back({entry.name, dtype_name(entry.dtype), std::move(entry.shape)});
    }
  }
  return listing;
}

TensorMap read_weights(const std::string& path, const std::optional<NameMap>& names) {
  if (is_torch(path)) return read_torch(path, names);
  TensorMap tensors = read_safetensors(path).first;
  if (!names) return tensors;
  return read_names(path, *names, [&](const std::string& name) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) missing(path, name);
    return found->second;
  });
}

}  // namespace stego
