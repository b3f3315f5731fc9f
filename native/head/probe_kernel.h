#pragma once
#include <cstdint>

#include "imaging/upsample.h"

namespace stego {

// One image: logits [h, classes, width], enlarged along rows alone, and its labels [rows, width]. `gradient`,
// of the logits' shape and cleared, takes the gradient: the probabilities of the labeled pixels.
struct ProbeImage {
  const float* logits;
  const uint8_t* labels;
  float* gradient;
  int64_t classes, width;
};

// The sum over labeled pixels of log(sum over classes of exp(logit)). Along columns the logits are enlarged
// by `rows` on the way: they never exist whole.
double log_partition(const ProbeImage& image, const BilinearAxis& rows);

}  // namespace stego
