#include "weights/json.h"

#include <cstdio>
#include <limits>
#include <stdexcept>

namespace stego {

namespace {

constexpr int kMaximumDepth = 16;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  JsonValue document() {
    JsonValue result = value(0);
    skip_space();
    if (position_ != text_.size()) fail("text after the end");
    return result;
  }

 private:
  [[noreturn]] static void fail(const char* reason) { throw std::invalid_argument(reason); }

  void skip_space() {
    while (position_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }

  char peek() {
    skip_space();
    if (position_ >= text_.size()) fail("an unexpected end");
    return text_[position_];
  }

  bool accept(char expected) {
    if (peek() != expected) return false;
    ++position_;
    return true;
  }

  void expect(char expected, const char* reason) {
    if (!accept(expected)) fail(reason);
  }

  JsonValue value(int depth) {
    if (depth > kMaximumDepth) fail("too many nested values");
    const char next = peek();
    if (next == '{') return object(depth);
    if (next == '[') return array(depth);
    if (next == '"') return {string()};
    if (next >= '0' && next <= '9') return {integer()};
    fail("a value that is neither object, array, string nor integer");
  }

  JsonValue object(int depth) {
    JsonValue::Object members;
    expect('{', "a missing {");
    if (accept('}')) return {members};
    do {
      if (peek() != '"') fail("a member without a name");
      std::string name = string();
      expect(':', "a missing :");
      if (!members.emplace(std::move(name), value(depth + 1)).second) fail("a name that occurs twice");
    } while (accept(','));
    expect('}', "a missing }");
    return {members};
  }

  JsonValue array(int depth) {
    JsonValue::Array items;
    expect('[', "a missing [");
    if (accept(']')) return {items};
    do items.push_back(value(depth + 1));
    while (accept(','));
    expect(']', "a missing ]");
    return {items};
  }

  uint64_t integer() {
    uint64_t result = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      const uint64_t digit = text_[position_++] - '0';
      if (result > (std::numeric_limits<uint64_t>::max() - digit) / 10) fail("a number that is too large");
      result = result * 10 + digit;
    }
    if (position_ < text_.size() &&
        std::string_view(".eE").find(text_[position_]) != std::string_view::npos) {
      fail("a number that is not an integer");
    }
    return result;
  }

  std::string string() {
    expect('"', "a missing quote");
    std::string result;
    while (true) {
      if (position_ >= text_.size()) fail("an unfinished string");
      const char c = text_[position_++];
      if (c == '"') return result;
      if (static_cast<unsigned char>(c) < 0x20) fail("a control character in a string");
      if (c == '\\') {
        escape(result);
      } else {
        result += c;
      }
    }
  }

  void escape(std::string& result) {
    if (position_ >= text_.size()) fail("an unfinished string");
    const char c = text_[position_++];
    static constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
    if (c == 'u') return append_utf8(code_point(), result);
    const size_t index = kNames.find(c);
    if (index == std::string_view::npos) fail("an unknown escape");
    result += kValues[index];
  }

  uint32_t code_point() {
    const uint32_t high = code_unit();
    if (high < 0xD800 || high > 0xDFFF) return high;
    if (high > 0xDBFF || text_.substr(position_, 2) != "\\u") fail("half a surrogate pair");
    position_ += 2;
    const uint32_t low = code_unit();
    if (low < 0xDC00 || low > 0xDFFF) fail("half a surrogate pair");
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  }

  uint32_t code_unit() {
    uint32_t result = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = position_ < text_.size() ? text_[position_++] : '\0';
      const size_t digit =
          std::string_view("0123456789abcdef").find(static_cast<char>(c | (c > '9' ? 0x20 : 0)));
      if (c == '\0' || digit == std::string_view::npos) fail("an unfinished \\u escape");
      result = result * 16 + static_cast<uint32_t>(digit);
    }
    return result;
  }

  static void append_utf8(uint32_t code, std::string& result) {
    if (code < 0x80) {
      result += static_cast<char>(code);
      return;
    }
    const int tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static constexpr int kLead[] = {0, 0xC0, 0xE0, 0xF0};
    result += static_cast<char>(kLead[tail] | (code >> (6 * tail)));
    for (int i = tail - 1; i >= 0; --i) result += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3F));
  }

  std::string_view text_;
  size_t position_ = 0;
};

}  // namespace

JsonValue parse_json(std::string_view text) {
  return Parser(text).document();
}

std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
      result += buffer;
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace stego
