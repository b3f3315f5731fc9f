#pragma once
#include <string>

#include "binding/napi.h"

namespace stego {

// An exception on its way from the native thread to JavaScript: a StegoErrorCode and one line.
struct JobError {
  std::string code, message;
};

// Call inside a catch block: describes the current exception, without C++ backtraces.
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
