#pragma once
#include "binding/napi.h"

namespace stego {

// Adds limitInstructions and describeMachine, what there is to say of the processor and of libtorch, and
// matrixProductPeak, what benchmarks compare with.
void define_machine(Napi::Env env, Napi::Object exports);

}  // namespace stego
