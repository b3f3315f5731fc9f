#pragma once
#include "binding/napi.h"

namespace stego {

// Adds inspectWeights, readWeights and writeWeights.
void define_files(Napi::Env env, Napi::Object exports);

}  // namespace stego
