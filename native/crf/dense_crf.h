#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "core/cancel.h"
#include "crf/mean_field.h"

namespace stego::crf {

// Everything that can be wrong, before any work: ERR_STEGO_ARGUMENT for a picture without pixels, shapes that
// do not go together, labels beyond 256 or none, more sets than a row has room for, scores or weights that
// are not finite, and what check_filter() refuses.
void check(const Problem& problem);

// Checks, builds the lattices and starts at the softmax of the scores. Polls between the parts.
std::unique_ptr<MeanField> begin(const Problem& problem, const CancelFlag& cancel);

// So many iterations, polling between them.
void iterate(MeanField& field, int64_t iterations, const CancelFlag& cancel);

// A refined label set, as far as it was asked for.
struct Refined {
  at::Tensor probabilities;  // float32 [labels, height, width]
  at::Tensor labels;         // uint8 [height, width]
};
struct Output {
  bool probabilities, labels;
};

// Refines all label sets of every problem, a problem a thread where there are as many.
std::vector<std::vector<Refined>> refine(const std::vector<Problem>& problems, Output output,
                                         const CancelFlag& cancel);

}  // namespace stego::crf
