// torch/serialization.py of PyTorch, _save: a pickle of protocol 2 and one zip entry a storage.
#include "weights/torch_writer.h"

#include "core/error.h"
#include "weights/zip_writer.h"

namespace stego {

namespace {

constexpr std::pair<at::ScalarType, const char*> kStorages[] = {
    {at::kDouble, "DoubleStorage"}, {at::kFloat, "FloatStorage"},       {at::kHalf, "HalfStorage"},
    {at::kLong, "LongStorage"},     {at::kBFloat16, "BFloat16Storage"}, {at::kInt, "IntStorage"},
    {at::kShort, "ShortStorage"},   {at::kChar, "CharStorage"},         {at::kByte, "ByteStorage"},
    {at::kBool, "BoolStorage"},
};

// Writes a pickle; names of methods are those of what they write.
class Pickler {
 public:
  void begin() { out_ += "\x80\x02"; }
  void end() { out_ += '.'; }
  void mark() { out_ += '('; }
  void tuple() { out_ += 't'; }
  void empty_dict() { out_ += '}'; }
  void set_items() { out_ += 'u'; }
  void reduce() { out_ += 'R'; }
  void persistent() { out_ += 'Q'; }
  void no() { out_ += '\x89'; }

  void ordered_dict() {
    global("collections", "OrderedDict");
    out_ += ')';
    reduce();
  }

  void global(const std::string& module, const std::string& name) {
    out_ += stego::text("c", module, "\n", name, "\n");
  }

  void text(const std::string& value) {
    out_ += 'X';
    append(value.size(), 4);
    out_ += value;
  }

  void integer(int64_t value) {
    if (value <= INT32_MAX) {
      out_ += 'J';
      append(static_cast<uint64_t>(value), 4);
    } else {
      out_ += "\x8a\x08";
      append(static_cast<uint64_t>(value), 8);
    }
  }

  void integers(at::IntArrayRef values) {
    mark();
    for (const int64_t value : values) integer(value);
    tuple();
  }

  const std::string& content() const { return out_; }

 private:
  void append(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i));
  }
  std::string out_;
};

// _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks), or v3 with the type behind them
// for uint16, which has no storage class.
void put_tensor(Pickler& out, const at::Tensor& tensor, const std::string& key) {
  const bool untyped = tensor.scalar_type() == at::kUInt16;
  out.global("torch._utils", untyped ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
  out.mark();
  out.mark();
  out.text("storage");
  if (untyped) {
    out.global("torch.storage", "UntypedStorage");
  } else {
    for (const auto& [dtype, name] : kStorages) {
      if (dtype == tensor.scalar_type()) out.global("torch", name);
    }
  }
  out.text(key);
  out.text("cpu");
  out.integer(untyped ? static_cast<int64_t>(tensor.nbytes()) : tensor.numel());
  out.tuple();
  out.persistent();
  out.integer(0);
  out.integers(tensor.sizes());
  out.integers(tensor.strides());
  out.no();
  out.ordered_dict();
  if (untyped) out.global("torch", "uint16");
  out.tuple();
  out.reduce();
}

}  // namespace

void write_torch_archive(const std::string& path, const TensorMap& tensors, const Metadata& metadata) {
  Pickler pickle;
  pickle.begin();
  pickle.empty_dict();
  pickle.mark();
  pickle.text("state_dict");
  pickle.ordered_dict();
  pickle.mark();
  std::vector<at::Tensor> storages;
  for (const auto& [name, tensor] : tensors) {
    require(is_stored_dtype(tensor.scalar_type()), "Expected '", name, "' to be of real numbers.");
    pickle.text(name);
    const at::Tensor values = tensor.detach().cpu().contiguous();
    put_tensor(pickle, values, std::to_string(storages.size()));
    storages.push_back(values);
  }
  pickle.set_items();
  pickle.text("metadata");
  pickle.empty_dict();
  pickle.mark();
  for (const auto& [key, value] : metadata) {
    pickle.text(key);
    pickle.text(value);
  }
  pickle.set_items();
  pickle.set_items();
  pickle.end();

  write_whole(path, [&](const File& file) {
    ZipWriter zip(file);
    const auto add = [&](const std::string& name, const std::string& content) {
      zip.add("archive/" + name, content.data(), content.size());
    };
    add("data.pkl", pickle.content());
    add("byteorder", "little");
    for (size_t i = 0; i < storages.size(); ++i) {
      zip.add("archive/data/" + std::to_string(i), storages[i].const_data_ptr(), storages[i].nbytes());
    }
    add("version", "3\n");
    zip.finish();
  });
}

}  // namespace stego
