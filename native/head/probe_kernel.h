#pragma once
#include <cstdint>
#include <vector>

#include "imaging/upsample.h"

namespace stego {

// One image: logits [classes, h, width] enlarged along rows alone, its labels [rows.size(), width], and where
// the gradient of the summed loss by the logits goes, [classes, h, width], cleared.
struct ProbeImage {
  const float* logits;
  const uint8_t* labels;
  float* gradient;
  int64_t classes, height, width;  // height: h
};

struct ProbeSums {
  double loss;
  int64_t valid;  // labelled pixels
};

// The summed cross-entropy of an image whose logits are enlarged along columns by `rows` on the way: they
// never exist whole.
ProbeSums probe_loss(const ProbeImage& image, const BilinearAxis& rows);

}  // namespace stego
