#include "weights/pickle_json.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "weights/json.h"

namespace stego {

namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMaximumDepth = 48;
constexpr size_t kMaximumText = 1u << 16;
constexpr size_t kMaximumBytesShown = 64;
constexpr uint64_t kMaximumVisits = 1u << 20;
constexpr int64_t kLargestInteger = 9007199254740991;  // of JavaScript's numbers
constexpr const char* kMore = "\"...\"";

std::string number(double value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.17g", value);
  return buffer;
}

std::string integer(int64_t value) {
  const std::string digits = std::to_string(value);
  return std::abs(static_cast<double>(value)) <= kLargestInteger ? digits : json_string(digits);
}

std::string hexadecimal(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  for (const char c : bytes.substr(0, kMaximumBytesShown)) {
    result += kDigits[static_cast<uint8_t>(c) >> 4];
    result += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return bytes.size() > kMaximumBytesShown ? result + "..." : result;
}

// What an OmegaConf node stands for: the `_content` of a container, the `_val` of a leaf; null for other
// objects.
const PickleValue* omegaconf_value(const PickleValue& value) {
  if (value.made_by().rfind("omegaconf.", 0) != 0 || !value.state) return nullptr;
  const PickleValue* content = value.state->find("_content");
  return content ? content : value.state->find("_val");
}

class Writer {
 public:
  Writer(const std::function<bool(const PickleValue&)>& omit, size_t limit) : omit_(omit), limit_(limit) {}

  std::string write(const PickleValue& root) {
    value(root);
    return std::move(out_);
  }

 private:
  bool full() const { return out_.size() >= limit_ || visits_ >= kMaximumVisits; }

  void value(const PickleValue& value) {
    ++visits_;
    switch (value.kind) {
      case Kind::none:
        out_ += "null";
        break;
      case Kind::boolean:
        out_ += value.integer ? "true" : "false";
        break;
      case Kind::integer:
        out_ += integer(value.integer);
        break;
      case Kind::real:
        out_ += number(value.real);
        break;
      case Kind::big:
      case Kind::text:
        string(value.text);
        break;
      case Kind::bytes:
        out_ += text("{\"__bytes__\":\"", hexadecimal(value.text), "\"}");
        break;
      case Kind::global:
        out_ += "{\"__global__\":";
        string(value.text);
        out_ += '}';
        break;
      case Kind::persistent:
        out_ += kMore;
        break;
      case Kind::list:
      case Kind::dict:
      case Kind::object:
        nested(value);
    }
  }

  void string(const std::string& value) {
    out_ += json_string(value.size() > kMaximumText ? value.substr(0, kMaximumText) + "..." : value);
  }

  void nested(const PickleValue& value) {
    const bool circular = std::find(path_.begin(), path_.end(), &value) != path_.end();
    if (circular || full() || path_.size() == kMaximumDepth) {
      out_ += kMore;
      return;
    }
    path_.push_back(&value);
    if (value.is(Kind::list)) {
      items(value.items);
    } else if (const PickleValue* plain = omegaconf_value(value)) {
      this->value(*plain);
    } else {
      object(value);
    }
    path_.pop_back();
  }

  void items(const std::vector<PickleValue*>& items) {
    out_ += '[';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      if (full()) {
        out_ += kMore;
        break;
      }
      if (omit_(*items[i])) {
        ++visits_;
        out_ += "null";
      } else {
        value(*items[i]);
      }
    }
    out_ += ']';
  }

  void object(const PickleValue& value) {
    out_ += '{';
    first_ = true;
    if (value.is(Kind::object)) {
      name("__class__");
      string(value.made_by());
      if (value.args->is(Kind::list) && !value.args->items.empty()) {
        name("__args__");
        items(value.args->items);
      }
      if (value.state && value.state->is(Kind::dict)) {
        entries(value.state->entries);
      } else if (value.state && !omit_(*value.state)) {
        name("__state__");
        this->value(*value.state);
      }
      if (!value.items.empty()) {
        name("__items__");
        items(value.items);
      }
    }
    entries(value.entries);
    out_ += '}';
    first_ = false;
  }

  void entries(const std::vector<PickleValue::Entry>& entries) {
    for (const auto& [key, content] : entries) {
      ++visits_;
      if (omit_(*content)) continue;
      if (full()) {
        name("...");
        out_ += kMore;
        return;
      }
      name(key_text(*key));
      value(*content);
    }
  }

  // A member's name, and the comma before it.
  void name(const std::string& name) {
    if (!first_) out_ += ',';
    first_ = false;
    string(name);
    out_ += ':';
  }

  const std::function<bool(const PickleValue&)>& omit_;
  size_t limit_;
  std::string out_;
  uint64_t visits_ = 0;
  bool first_ = true;
  std::vector<const PickleValue*> path_;
};

}  // namespace

std::string pickle_json(const PickleValue& root, const std::function<bool(const PickleValue&)>& omit,
                        size_t limit) {
  return Writer(omit, limit).write(root);
}

std::string key_text(const PickleValue& key) {
  switch (key.kind) {
    case Kind::text:
    case Kind::big:
    case Kind::global:
      return key.text;
    default:
      return pickle_json(key, [](const PickleValue&) { return false; }, 256);
  }
}

}  // namespace stego
