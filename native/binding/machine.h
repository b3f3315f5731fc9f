#pragma once
#include "binding/napi.h"

namespace stego {

// Adds matrixProductPeak: what benchmarks compare with.
void define_machine(Napi::Env env, Napi::Object exports);

}  // namespace stego
