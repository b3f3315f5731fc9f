#pragma once
#include "binding/values.h"
#include "loss/correspondence_loss.h"

namespace stego {

PairValues read_pair_values(const Napi::Value& value, const char* name);  // { self, knn, random }
LossOptions read_loss_options(const Napi::Value& value);
ContrastiveCrfOptions read_crf_options(const Napi::Value& value);
// Row and column indices [2, n], int64, within height and width.
at::Tensor read_places(const Napi::Value& value, int64_t height, int64_t width, KeepAlive& keep);
Draws read_draws(const Napi::Value& value,
                 KeepAlive& keep);  // { coords1, coords2, permutations, crfPlaces? }
Napi::Object write_pair_values(Napi::Env env, const PairValues& values);

}  // namespace stego
