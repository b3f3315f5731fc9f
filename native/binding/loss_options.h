#pragma once
#include "binding/values.h"
#include "loss/correspondence_loss.h"

namespace stego {

PairValues read_pair_values(const Napi::Value& value, const char* name);  // { self, knn, random }
LossOptions read_loss_options(const Napi::Value& value);
Draws read_draws(const Napi::Value& value, KeepAlive& keep);  // { coords1, coords2, permutations }
Napi::Object write_pair_values(Napi::Env env, const PairValues& values);

}  // namespace stego
