#pragma once
#include "binding/napi.h"

namespace stego {

// Adds the single operators of the method, with their gradients: for use by themselves and for parity.
// The tensors they take are viewed, those they return are new.
void define_store_operators(Napi::Env env, Napi::Object exports);
void define_imaging_operators(Napi::Env env, Napi::Object exports);
void define_loss_operators(Napi::Env env, Napi::Object exports);
void define_crf_operators(Napi::Env env, Napi::Object exports);

}  // namespace stego
