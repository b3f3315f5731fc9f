#pragma once
#include "binding/napi.h"

namespace stego {

// Adds the method's individual operators with their gradients, for standalone use and for parity tests. They
// view the tensors they take and return new ones.
void define_store_operators(Napi::Env env, Napi::Object exports);
void define_imaging_operators(Napi::Env env, Napi::Object exports);
void define_loss_operators(Napi::Env env, Napi::Object exports);
void define_crf_operators(Napi::Env env, Napi::Object exports);

}  // namespace stego
