// The safetensors format: 8 bytes little-endian header length, a JSON header naming dtype, shape and byte
// range of every tensor, then the bytes. https://huggingface.co/docs/safetensors
#include "weights/safetensors.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "weights/file.h"
#include "weights/json.h"

namespace stego {

namespace {

constexpr uint64_t kMaximumHeader = 100u << 20;

constexpr std::array<std::pair<const char*, at::ScalarType>, 11> kDtypes = {{
    {"F64", at::kDouble},
    {"F32", at::kFloat},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"I64", at::kLong},
    {"I32", at::kInt},
    {"I16", at::kShort},
    {"I8", at::kChar},
    {"U8", at::kByte},
    {"BOOL", at::kBool},
    {"U16", at::kUInt16},
}};

TensorEntry read_entry(const std::string& path, const std::string& name, const JsonValue& value) {
  const auto* members = value.object();
  const auto member = [&](const char* key) -> const JsonValue& {
    if (!members || !members->count(key)) damaged(path, text("tensor '", name, "' has no ", key));
    return members->at(key);
  };
  const std::string* dtype = member("dtype").string();
  const auto* shape = member("shape").array();
  const auto* offsets = member("data_offsets").array();
  const auto known =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const auto& d) { return dtype && *dtype == d.first; });
  if (known == kDtypes.end()) damaged(path, text("tensor '", name, "' has an unknown dtype"));
  if (!shape || !offsets || offsets->size() != 2 || !(*offsets)[0].integer() || !(*offsets)[1].integer()) {
    damaged(path, text("tensor '", name, "' has a malformed shape or data_offsets"));
  }
  TensorEntry entry{name, known->second, {}, *(*offsets)[0].integer(), *(*offsets)[1].integer()};
  unsigned __int128 bytes = at::elementSize(entry.dtype);
  for (const JsonValue& side : *shape) {
    if (!side.integer() || *side.integer() > (1ull << 48))
      damaged(path, text("tensor '", name, "' has a malformed shape"));
    entry.shape.push_back(static_cast<int64_t>(*side.integer()));
    bytes *= *side.integer();
    if (bytes > (static_cast<unsigned __int128>(1) << 62))
      damaged(path, text("tensor '", name, "' is too large"));
  }
  if (entry.begin > entry.end || bytes != entry.end - entry.begin) {
    damaged(path, text("the byte range of tensor '", name, "' does not fit its shape"));
  }
  return entry;
}

WeightIndex read_index(const File& file) {
  const std::string& path = file.path();
  const uint64_t size = file.size();
  if (size < 8) damaged(path, text("it has only ", size, " bytes"));
  uint64_t length = 0;
  file.read(&length, sizeof length, 0);
  if (length > kMaximumHeader || length > size - 8) damaged(path, "its header is longer than the file");
  std::string header(length, '\0');
  file.read(header.data(), length, 8);
  WeightIndex index{{}, {}, 8 + length};
  JsonValue root;
  try {
    root = parse_json(header);
  } catch (const std::invalid_argument& error) {
    damaged(path, text("its header has ", error.what()));
  }
  if (!root.object()) damaged(path, "its header is not an object");
  for (const auto& [name, value] : *root.object()) {
    if (name != "__metadata__") {
      index.entries.push_back(read_entry(path, name, value));
      continue;
    }
    if (!value.object()) damaged(path, "its metadata is not an object");
    for (const auto& [key, content] : *value.object()) {
      if (!content.string()) damaged(path, text("its metadata '", key, "' is not a string"));
      index.metadata[key] = *content.string();
    }
  }
  std::stable_sort(index.entries.begin(), index.entries.end(),
                   [](const TensorEntry& a, const TensorEntry& b) { return a.begin < b.begin; });
  uint64_t cursor = 0;
  for (const TensorEntry& entry : index.entries) {
    if (entry.begin != cursor)
      damaged(path, text("the bytes of tensor '", entry.name, "' overlap or leave a gap"));
    cursor = entry.end;
  }
  if (cursor != size - index.data_offset) damaged(path, "its length does not match its header");
  return index;
}

}  // namespace

std::string dtype_name(at::ScalarType dtype) {
  for (const auto& [name, type] : kDtypes) {
    if (type == dtype) return name;
  }
  return at::toString(dtype);
}

bool is_stored_dtype(at::ScalarType dtype) {
  return std::any_of(kDtypes.begin(), kDtypes.end(),
                     [&](const auto& known) { return known.second == dtype; });
}

WeightIndex read_safetensors_index(const std::string& path) {
  const File file = File::open(path);
  return read_index(file);
}

std::pair<TensorMap, Metadata> read_safetensors(const std::string& path) {
  const File file = File::open(path);
  const WeightIndex index = read_index(file);
  TensorMap tensors;
  for (const TensorEntry& entry : index.entries) {
    at::Tensor tensor = at::empty(entry.shape, entry.dtype);
    if (entry.end > entry.begin) {
      file.read(tensor.mutable_data_ptr(), entry.end - entry.begin, index.data_offset + entry.begin);
    }
    tensors.emplace(entry.name, tensor);
  }
  return {std::move(tensors), index.metadata};
}

void write_safetensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata) {
  std::string header = "{\"__metadata__\":{";
  const char* separator = "";
  for (const auto& [key, value] : metadata) {
    header += text(separator, json_string(key), ":", json_string(value));
    separator = ",";
  }
  header += "}";
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const uint64_t end = offset + tensor.numel() * tensor.element_size();
    header +=
        text(",", json_string(name), ":{\"dtype\":\"", dtype_name(tensor.scalar_type()), "\",\"shape\":[");
    for (int64_t axis = 0; axis < tensor.dim(); ++axis) header += text(axis ? "," : "", tensor.size(axis));
    header += text("],\"data_offsets\":[", offset, ",", end, "]}");
    offset = end;
  }
  header += "}";
  header.append((8 - header.size() % 8) % 8, ' ');

  write_whole(path, [&](const File& file) {
    const uint64_t length = header.size();
    file.write(&length, sizeof length);
    file.write(header.data(), length);
    for (const auto& [name, tensor] : tensors) {
      const at::Tensor bytes = tensor.detach().cpu().contiguous();
      file.write(bytes.const_data_ptr(), bytes.numel() * bytes.element_size());
    }
  });
}

}  // namespace stego
