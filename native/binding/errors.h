#pragma once
#include <string>

#include "binding/napi.h"

namespace stego {

// An exception as it travels from the native thread to JavaScript: a code of StegoErrorCode and one line.
struct JobError {
  std::string code, message;
};

// Inside a catch block: what was thrown, without C++ backtraces.
JobError describe_current_exception();

Napi::Error to_javascript(Napi::Env env, const JobError& error);

// Runs `body` on the JavaScript thread; whatever it throws becomes a JavaScript exception with a code.
template <typename Body>
auto guarded(Napi::Env env, Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw to_javascript(env, describe_current_exception());
  }
}

}  // namespace stego
