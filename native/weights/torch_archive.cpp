// The two forms that torch.save writes: torch/serialization.py of PyTorch, _save and _legacy_save.
#include "weights/torch_archive.h"

#include "core/error.h"
#include "weights/pickle_json.h"
#include "weights/safetensors.h"

namespace stego {

namespace {

using Kind = PickleValue::Kind;

constexpr const char* kZipBegin = "PK\3\4";
constexpr const char* kMagic[] = {"0x1950a86a20f9469cfc6c", "119547037146038801333356"};
constexpr int64_t kLegacyProtocol = 1001;
constexpr size_t kMaximumValues = 4u << 20;
constexpr uint64_t kExpansion = 16, kFreeBytes = 64u << 20;

std::string beginning(const File& file) {
  std::string bytes(std::min<uint64_t>(file.size(), 4), '\0');
  file.read(bytes.data(), bytes.size(), 0);
  return bytes;
}

}  // namespace

bool TorchArchive::recognizes(const std::string& beginning) {
  const bool zip = beginning.rfind(kZipBegin, 0) == 0;
  const bool pickle = !beginning.empty() && (beginning[0] == '\x80' || beginning[0] == 'L');
  return zip || pickle;
}

TorchArchive::TorchArchive(const std::string& path) : file_(File::open(path)) {
  if (beginning(file_).rfind(kZipBegin, 0) == 0) {
    read_zip();
  } else {
    read_legacy();
  }
}

void TorchArchive::describe(const Pickle& pickle) {
  tensors_ = collect_tensors(*pickle.root, file_.path());
  values_ = pickle_json(*pickle.root, is_tensor, kMaximumValues);
}

// <folder>/data.pkl describes, <folder>/data/<key> are the storages.
void TorchArchive::read_zip() {
  const ZipReader zip(file_);
  const auto folder = zip.folder_of("data.pkl");
  if (!folder)
    damaged(file_.path(), "it is a zip archive, but not one that torch.save wrote: it has no data.pkl");
  if (const auto order = zip.find(*folder + "/byteorder")) {
    ByteSource bytes(file_, order->begin, order->begin + order->bytes);
    if (bytes.take(order->bytes) != "little") {
      damaged(file_.path(),
              "it was written on a big-endian machine; write it again with torch.save on another");
    }
  }
  const FileRange range = *zip.find(*folder + "/data.pkl");
  ByteSource source(file_, range.begin, range.begin + range.bytes);
  const Pickle pickle = read_pickle(source);
  for (const PickleValue* value : pickle.persistents) {
    const auto storage = read_storage(*value, file_.path());
    if (!storage || storages_.count(storage->key)) continue;
    const auto found = zip.find(text(*folder, "/data/", storage->key));
    if (!found) damaged(file_.path(), text("its storage ", storage->key, " is missing"));
    storages_[storage->key] = *found;
  }
  describe(pickle);
}

// Five pickles: magic number, protocol, system, what was saved, keys of the storages. Then for each key the
// number of elements (int64) and their bytes.
void TorchArchive::read_legacy() {
  ByteSource source(file_, 0, file_.size());
  const Pickle magic = read_pickle(source);
  if (!magic.root->is(Kind::big) || (magic.root->text != kMagic[0] && magic.root->text != kMagic[1])) {
    damaged(file_.path(), "it is a pickle, but not one that torch.save wrote");
  }
  const Pickle protocol = read_pickle(source);
  if (!protocol.root->is(Kind::integer) || protocol.root->integer != kLegacyProtocol) {
    damaged(file_.path(), "it has an unknown version of PyTorch's legacy form");
  }
  const Pickle system = read_pickle(source);
  const PickleValue* little = system.root->find("little_endian");
  if (!little || !little->is(Kind::boolean) || little->integer == 0) {
    damaged(file_.path(),
            "it was written on a big-endian machine; write it again with torch.save on another");
  }
  const Pickle pickle = read_pickle(source);
  std::map<std::string, TorchStorage> described;
  std::vector<TorchStorage> views;
  for (const PickleValue* value : pickle.persistents) {
    const auto storage = read_storage(*value, file_.path());
    if (!storage) continue;
    if (storage->dtype == at::ScalarType::Undefined) {
      damaged(file_.path(), text("its storage ", storage->key, " is of an unknown type"));
    }
    described.emplace(storage->key, *storage);
    if (storage->view) views.push_back(*storage);
  }
  const Pickle keys = read_pickle(source);
  for (const PickleValue* key : keys.root->items) {
    const auto storage = key->is(Kind::text) ? described.find(key->text) : described.end();
    if (storage == described.end()) damaged(file_.path(), "it has a storage that nothing describes");
    const uint64_t elements = source.little_endian(8), size = at::elementSize(storage->second.dtype);
    if (elements > file_.size() / size) damaged(file_.path(), "it ends early");
    storages_[key->text] = {source.position(), elements * size};
    source.skip(elements * size);
  }
  for (const auto& [root, dtype, view] : views) {
    const auto whole = storages_.find(root);
    const uint64_t offset = static_cast<uint64_t>(view->second) * at::elementSize(dtype);
    if (whole == storages_.end() || offset > whole->second.bytes) {
      damaged(file_.path(), text("its storage ", view->first, " lies outside of the one it is part of"));
    }
    storages_[view->first] = {whole->second.begin + offset, whole->second.bytes - offset};
  }
  describe(pickle);
}

uint64_t TorchArchive::full_budget() const {
  return kExpansion * file_.size() + kFreeBytes;
}

at::Tensor TorchArchive::read(const TorchTensor& tensor, uint64_t& budget) const {
  if (!is_stored_dtype(tensor.dtype)) {
    throw Error("ERR_STEGO_CHECKPOINT",
                text("Expected tensor '", tensor.name, "' of ", file_.path(), " to be of real numbers, got ",
                     at::toString(tensor.dtype),
                     ". Complex, quantised and 8-bit float tensors are not read; save "
                     "it in another type."));
  }
  const auto storage = storages_.find(tensor.storage);
  if (storage == storages_.end())
    damaged(file_.path(), text("the storage of tensor '", tensor.name, "' is missing"));
  const uint64_t size = at::elementSize(tensor.dtype);
  const FileRange& range = storage->second;
  if (static_cast<uint64_t>(tensor.offset) + static_cast<uint64_t>(tensor.extent()) > range.bytes / size) {
    damaged(file_.path(), text("tensor '", tensor.name, "' lies outside of its storage"));
  }
  const uint64_t bytes = static_cast<uint64_t>(tensor.elements()) * size;
  const uint64_t spanned = static_cast<uint64_t>(tensor.extent()) * size;
  if (std::max(bytes, spanned) > budget) {
    damaged(file_.path(), text("tensor '", tensor.name, "' is far larger than what is stored of it"));
  }
  budget -= std::max(bytes, spanned);
  at::Tensor values = at::empty({tensor.extent()}, tensor.dtype);
  if (spanned > 0) file_.read(values.mutable_data_ptr(), spanned, range.begin + tensor.offset * size);
  return spanned > 0 ? values.as_strided(tensor.shape, tensor.strides).contiguous()
                     : values.view(tensor.shape);
}

}  // namespace stego
