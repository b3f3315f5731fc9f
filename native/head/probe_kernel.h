#pragma once
#include <cstdint>

#include "imaging/upsample.h"

namespace stego {

// One image: logits [h, classes, width], enlarged only along rows, and its labels [rows, width]. `gradient`
// has the logits' shape, starts cleared, and receives the gradient: the probabilities of the labeled pixels.
struct ProbeImage {
  const float* logits;
  const uint8_t* labels;
  float* gradient;
  int64_t classes, width;
};

// The sum over labeled pixels of log(sum over classes of exp(logit)). Logits are enlarged along columns to
// `rows` on the fly, so they never exist in full.
double log_partition(const ProbeImage& image, const BilinearAxis& rows);

}  // namespace stego
