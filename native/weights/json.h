#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stego {

// As much JSON as the header of a .safetensors file needs: objects, arrays, strings and non-negative
// integers.
struct JsonValue {
  using Object = std::map<std::string, JsonValue>;
  using Array = std::vector<JsonValue>;
  std::variant<uint64_t, std::string, Array, Object> value;

  const Object* object() const { return std::get_if<Object>(&value); }
  const Array* array() const { return std::get_if<Array>(&value); }
  const std::string* string() const { return std::get_if<std::string>(&value); }
  const uint64_t* integer() const { return std::get_if<uint64_t>(&value); }
};

// Throws std::invalid_argument with a short reason for anything else.
JsonValue parse_json(std::string_view text);

// A string as a JSON literal, quotes included.
std::string json_string(std::string_view text);

}  // namespace stego
