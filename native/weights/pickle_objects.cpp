#include "weights/pickle_objects.h"

#include <algorithm>
#include <charconv>

namespace stego {

namespace {

using Kind = PickleValue::Kind;

constexpr uint64_t kMaximumValues = 2u << 20;

bool among(const std::string& name, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Text whose characters are all below 256, as the bytes of their numbers.
std::string latin1(const std::string& utf8) {
  std::string result;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    if ((lead == 0xC2 || lead == 0xC3) && i + 1 < utf8.size()) {
      result += static_cast<char>((lead & 3) << 6 | (utf8[++i] & 0x3F));
    } else {
      result += static_cast<char>(lead);
    }
  }
  return result;
}

}  // namespace

void PickleBuilder::spend(uint64_t count) {
  spent_ += count;
  if (spent_ > kMaximumValues) damaged(path_, "its pickle holds more values than any description of weights");
}

PickleValue* PickleBuilder::make(Kind kind) {
  spend(1);
  pickle_.values.emplace_back();
  pickle_.values.back().kind = kind;
  return &pickle_.values.back();
}

PickleValue* PickleBuilder::constant(Kind kind, int64_t value) {
  const bool small =
      kind == Kind::integer && value >= 0 && value < static_cast<int64_t>(small_integers_.size());
  if (small && small_integers_[static_cast<size_t>(value)])
    return small_integers_[static_cast<size_t>(value)];
  PickleValue* made = make(kind);
  made->integer = value;
  if (small) small_integers_[static_cast<size_t>(value)] = made;
  return made;
}

PickleValue* PickleBuilder::real(double value) {
  PickleValue* made = make(Kind::real);
  made->real = value;
  return made;
}

PickleValue* PickleBuilder::little_endian_integer(const std::string& bytes) {
  if (bytes.size() > 8) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string digits = "0x";
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
      digits += kDigits[static_cast<uint8_t>(*byte) >> 4];
      digits += kDigits[static_cast<uint8_t>(*byte) & 15];
    }
    return text(Kind::big, std::move(digits));
  }
  uint64_t value = !bytes.empty() && (bytes.back() & 0x80) ? ~uint64_t{0} : 0;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    value = value << 8 | static_cast<uint8_t>(*byte);
  }
  return constant(Kind::integer, static_cast<int64_t>(value));
}

PickleValue* PickleBuilder::decimal_integer(std::string line) {
  if (line == "00" || line == "01") return constant(Kind::boolean, line == "01");
  if (!line.empty() && line.back() == 'L') line.pop_back();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (end != line.data() + line.size()) damaged(path_, "a number in its pickle is malformed");
  if (error == std::errc::result_out_of_range) return text(Kind::big, std::move(line));
  if (error != std::errc()) damaged(path_, "a number in its pickle is malformed");
  return constant(Kind::integer, value);
}

PickleValue* PickleBuilder::decimal_real(const std::string& line) {
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc() || end != line.data() + line.size()) {
    damaged(path_, "a number in its pickle is malformed");
  }
  return real(value);
}

PickleValue* PickleBuilder::text(Kind kind, std::string value) {
  PickleValue* made = make(kind);
  made->text = std::move(value);
  return made;
}

PickleValue* PickleBuilder::list(std::vector<PickleValue*> items) {
  PickleValue* made = make(Kind::list);
  made->items = std::move(items);
  return made;
}

PickleValue* PickleBuilder::global(std::string module, const std::string& name) {
  spend((module.size() + name.size()) / 64);
  if (module == "__builtin__") module = "builtins";
  if (module == "copy_reg") module = "copyreg";
  return text(Kind::global, module + "." + name);
}

PickleValue* PickleBuilder::call(PickleValue* callable, PickleValue* args) {
  const std::string name = callable->is(Kind::global) ? callable->text : "";
  PickleValue* first = args->is(Kind::list) && !args->items.empty() ? args->items[0] : nullptr;
  if (among(name,
            {"collections.OrderedDict", "collections.defaultdict", "collections.Counter", "builtins.dict"})) {
    return dictionary(first);
  }
  if (among(name, {"builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple", "torch.Size"})) {
    if (!first) return make(Kind::list);
    if (first->is(Kind::list)) return first;
  }
  if (name == "_codecs.encode" && first && first->is(Kind::text)) {  // how protocol 2 writes bytes
    spend(first->text.size() / 64);
    return text(Kind::bytes, latin1(first->text));
  }
  PickleValue* object = make(Kind::object);
  object->callable = callable;
  object->args = args;
  if (name == "copyreg._reconstructor" && first) {  // how protocols 0 and 1 write plain objects
    object->callable = first;
    object->args = make(Kind::list);
  }
  return object;
}

// A dictionary of another one's entries, of a list of pairs, or an empty one (a defaultdict's factory is
// lost).
PickleValue* PickleBuilder::dictionary(const PickleValue* content) {
  PickleValue* made = make(Kind::dict);
  if (!content) return made;
  spend(content->entries.size() + content->items.size());
  made->entries = content->entries;
  for (const PickleValue* pair : content->items) {
    if (pair->is(Kind::list) && pair->items.size() == 2)
      made->entries.emplace_back(pair->items[0], pair->items[1]);
  }
  return made;
}

Pickle PickleBuilder::finish(const PickleValue* root) {
  pickle_.root = root;
  return std::move(pickle_);
}

}  // namespace stego
