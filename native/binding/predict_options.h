#pragma once
#include "binding/values.h"
#include "model/predict.h"

namespace stego {

const char* head_name(PredictionHead head);

// { transform, flip, size, heads, logProbabilities, temperature, crf }
PredictOptions read_predict_options(const Napi::Value& value);

}  // namespace stego
