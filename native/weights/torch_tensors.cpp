#include "weights/torch_tensors.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "weights/pickle_json.h"

namespace stego {

namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMaximumDepth = 64, kMaximumAxes = 32, kLongestName = 4096;
constexpr uint64_t kMaximumVisits = 2u << 20, kMaximumNameBytes = 64u << 20;
constexpr int64_t kMaximumElements = int64_t{1} << 58;

constexpr std::pair<const char*, at::ScalarType> kStorages[] = {
    {"DoubleStorage", at::kDouble},
    {"FloatStorage", at::kFloat},
    {"HalfStorage", at::kHalf},
    {"BFloat16Storage", at::kBFloat16},
    {"LongStorage", at::kLong},
    {"IntStorage", at::kInt},
    {"ShortStorage", at::kShort},
    {"CharStorage", at::kChar},
    {"ByteStorage", at::kByte},
    {"BoolStorage", at::kBool},
    {"UntypedStorage", at::kByte},
    {"ComplexFloatStorage", at::kComplexFloat},
    {"ComplexDoubleStorage", at::kComplexDouble},
    {"QInt8Storage", at::kQInt8},
    {"QUInt8Storage", at::kQUInt8},
    {"QInt32Storage", at::kQInt32},
    {"QUInt4x2Storage", at::kQUInt4x2},
    {"QUInt2x4Storage", at::kQUInt2x4},
};

// Types without a storage class of their own, as the seventh argument of _rebuild_tensor_v3.
constexpr std::pair<const char*, at::ScalarType> kTypes[] = {
    {"torch.uint16", at::kUInt16},
    {"torch.uint32", at::kUInt32},
    {"torch.uint64", at::kUInt64},
    {"torch.float8_e4m3fn", at::kFloat8_e4m3fn},
    {"torch.float8_e5m2", at::kFloat8_e5m2},
    {"torch.float8_e4m3fnuz", at::kFloat8_e4m3fnuz},
    {"torch.float8_e5m2fnuz", at::kFloat8_e5m2fnuz},
    {"torch.complex32", at::kComplexHalf},
};

template <size_t N>
at::ScalarType type_named(const std::pair<const char*, at::ScalarType> (&types)[N], const std::string& name) {
  const auto found =
      std::find_if(std::begin(types), std::end(types), [&](const auto& t) { return name == t.first; });
  return found == std::end(types) ? at::ScalarType::Undefined : found->second;
}

// How a tensor was made: the function's name and its arguments, parameters and subclasses taken off.
struct Making {
  std::string function;
  const std::vector<PickleValue*>* args;
};

std::optional<Making> making_of(const PickleValue* value) {
  for (int wrappers = 0; wrappers < 4; ++wrappers) {
    if (value->made_by().rfind("torch._", 0) != 0 || !value->args->is(Kind::list)) return std::nullopt;
    Making making{value->made_by(), &value->args->items};
    if (making.function == "torch._tensor._rebuild_from_type_v2") {  // (function, type, arguments, state)
      if (making.args->size() < 3) return std::nullopt;
      const PickleValue *function = (*making.args)[0], *inner = (*making.args)[2];
      if (!function->is(Kind::global) || !inner->is(Kind::list)) return std::nullopt;
      making = {function->text, &inner->items};
    }
    const bool parameter = making.function == "torch._utils._rebuild_parameter" ||
                           making.function == "torch._utils._rebuild_parameter_with_state";
    if (!parameter) {
      const bool tensor = making.function == "torch._utils._rebuild_tensor" ||
                          making.function == "torch._utils._rebuild_tensor_v2" ||
                          making.function == "torch._utils._rebuild_tensor_v3" ||
                          making.function == "torch._utils._rebuild_qtensor";
      return tensor ? std::optional(making) : std::nullopt;
    }
    if (making.args->empty()) return std::nullopt;
    value = making.args->front();
  }
  return std::nullopt;
}

std::vector<int64_t> read_sides(const PickleValue& value) {
  std::vector<int64_t> sides;
  if (!value.is(Kind::list) || value.items.size() > kMaximumAxes) throw std::invalid_argument("shape");
  for (const PickleValue* side : value.items) {
    if (!side->is(Kind::integer) || side->integer < 0 || side->integer > kMaximumElements) {
      throw std::invalid_argument("shape");
    }
    sides.push_back(side->integer);
  }
  return sides;
}

class Collector {
 public:
  explicit Collector(const std::string& path) : path_(path) {}

  std::vector<TorchTensor> collect(const PickleValue& root) {
    visit(root, "");
    return std::move(tensors_);
  }

 private:
  void visit(const PickleValue& value, const std::string& name) {
    if (++visits_ > kMaximumVisits) damaged(path_, "its values are shared in too many places");
    if (const auto making = making_of(&value)) return add(*making, name);
    if (!value.is(Kind::list) && !value.is(Kind::dict) && !value.is(Kind::object)) return;
    if (std::find(parents_.begin(), parents_.end(), &value) != parents_.end()) return;  // a circle
    if (parents_.size() == kMaximumDepth) damaged(path_, "its values are nested too deeply");
    parents_.push_back(&value);
    if (value.is(Kind::object)) {
      visit(*value.args, joined(name, "__args__"));
      if (value.state && value.state->is(Kind::dict)) {
        attributes(*value.state, name);
      } else if (value.state) {
        visit(*value.state, joined(name, "__state__"));
      }
    }
    for (const auto& [key, content] : value.entries) visit(*content, joined(name, key_text(*key)));
    for (size_t i = 0; i < value.items.size(); ++i) visit(*value.items[i], joined(name, std::to_string(i)));
    parents_.pop_back();
  }

  // The attributes of an object, those of a module under the names of its state dict.
  void attributes(const PickleValue& state, const std::string& name) {
    for (const auto& [key, content] : state.entries) {
      const std::string attribute = key_text(*key);
      const bool table = attribute == "_modules" || attribute == "_parameters" || attribute == "_buffers";
      visit(*content, table ? name : joined(name, attribute));
    }
  }

  static std::string joined(const std::string& name, const std::string& key) {
    return (name.empty() ? key : name + "." + key).substr(0, kLongestName);
  }

  void add(const Making& making, const std::string& name) {
    name_bytes_ += name.size();
    if (name_bytes_ > kMaximumNameBytes) damaged(path_, "the names of its tensors are too long");
    if (!names_.insert(name).second) damaged(path_, text("it has two tensors called '", name, "'"));
    try {
      tensors_.push_back(read(making, name));
    } catch (const std::invalid_argument& error) {
      damaged(path_, text("tensor '", name, "' has a malformed ", error.what()));
    }
  }

  // (storage, offset, shape, strides, ...), with the type in the seventh place for _rebuild_tensor_v3
  TorchTensor read(const Making& making, const std::string& name) const {
    const auto& args = *making.args;
    if (args.size() < 4) throw std::invalid_argument("description");
    const auto storage = read_storage(*args[0], path_);
    if (!storage) throw std::invalid_argument("storage");
    TorchTensor tensor{name, storage->dtype, read_sides(*args[2]), read_sides(*args[3]), 0, storage->key};
    if (storage->view) tensor.storage = storage->view->first;
    if (making.function == "torch._utils._rebuild_tensor_v3") {
      if (args.size() < 7 || !args[6]->is(Kind::global)) throw std::invalid_argument("type");
      tensor.dtype = type_named(kTypes, args[6]->text);
    }
    if (!args[1]->is(Kind::integer) || args[1]->integer < 0 || args[1]->integer > kMaximumElements) {
      throw std::invalid_argument("offset");
    }
    tensor.offset = args[1]->integer;
    if (tensor.strides.size() != tensor.shape.size()) throw std::invalid_argument("shape");
    unsigned __int128 elements = 1, extent = 1;
    for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
      elements *= static_cast<uint64_t>(tensor.shape[axis]);
      extent += static_cast<unsigned __int128>(std::max<int64_t>(tensor.shape[axis] - 1, 0)) *
                static_cast<uint64_t>(tensor.strides[axis]);
      if (elements > kMaximumElements || extent > kMaximumElements) throw std::invalid_argument("shape");
    }
    return tensor;
  }

  const std::string& path_;
  std::vector<TorchTensor> tensors_;
  std::set<std::string> names_;
  std::vector<const PickleValue*> parents_;
  uint64_t visits_ = 0, name_bytes_ = 0;
};

}  // namespace

int64_t TorchTensor::elements() const {
  int64_t count = 1;
  for (const int64_t side : shape) count *= side;
  return count;
}

int64_t TorchTensor::extent() const {
  if (elements() == 0) return 0;
  int64_t extent = 1;
  for (size_t axis = 0; axis < shape.size(); ++axis) extent += (shape[axis] - 1) * strides[axis];
  return extent;
}

bool is_tensor(const PickleValue& value) {
  return making_of(&value).has_value();
}

std::optional<TorchStorage> read_storage(const PickleValue& value, const std::string& path) {
  if (!value.is(Kind::persistent) || !value.args->is(Kind::list)) return std::nullopt;
  const auto& id = value.args->items;
  if (id.empty() || !id[0]->is(Kind::text) || id[0]->text != "storage") return std::nullopt;
  if (id.size() < 5 || !id[1]->is(Kind::global) || !id[2]->is(Kind::text)) {
    damaged(path, "a storage in its pickle is malformed");
  }
  const std::string& name = id[1]->text;
  TorchStorage storage{id[2]->text, type_named(kStorages, name.substr(name.rfind('.') + 1)), std::nullopt};
  if (id.size() > 5 && id[5]->is(Kind::list) && id[5]->items.size() == 3) {
    const auto& view = id[5]->items;  // (key, offset, elements)
    if (!view[0]->is(Kind::text) || !view[1]->is(Kind::integer) || view[1]->integer < 0 ||
        view[1]->integer > kMaximumElements) {
      damaged(path, "a storage in its pickle is malformed");
    }
    storage.view = {view[0]->text, view[1]->integer};
  }
  return storage;
}

std::vector<TorchTensor> collect_tensors(const PickleValue& root, const std::string& path) {
  return Collector(path).collect(root);
}

}  // namespace stego
