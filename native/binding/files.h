#pragma once
#include "binding/napi.h"

namespace stego {

// Adds inspectFeatures, inspectWeights, readWeights, writeWeights, writeTorchArchive and convertWeights.
void define_files(Napi::Env env, Napi::Object exports);

}  // namespace stego
