#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

namespace stego {

// An error for the user: a code for programs, and one sentence that says what was expected and what to do.
// The codes are those of StegoErrorCode in lib/errors.ts.
class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

template <typename... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

// Throws ERR_STEGO_ARGUMENT with the concatenated parts unless the condition holds.
template <typename... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) throw Error("ERR_STEGO_ARGUMENT", text(parts...));
}

}  // namespace stego
