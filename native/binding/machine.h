#pragma once
#include "binding/napi.h"

namespace stego {

// Adds limitInstructions, describeMachine (processor and libtorch information), and matrixProductPeak (a
// reference point for benchmarks).
void define_machine(Napi::Env env, Napi::Object exports);

}  // namespace stego
