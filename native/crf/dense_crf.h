#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "core/cancel.h"
#include "crf/mean_field.h"

namespace stego::crf {

// Checks everything up front. Throws ERR_STEGO_ARGUMENT for an empty picture, shapes that do not match, no
// labels or more than 256, more sets than fit in a row, scores or weights that are not finite, and whatever
// check_filter() rejects.
void check(const Problem& problem);

// Checks, builds the lattices and starts from the softmax of the scores. Polls between steps.
std::unique_ptr<MeanField> begin(const Problem& problem, const CancelFlag& cancel);

// Runs this many iterations, polling in between.
void iterate(MeanField& field, int64_t iterations, const CancelFlag& cancel);

// A refined label set; only the requested parts are filled in.
struct Refined {
  at::Tensor probabilities;  // float32 [labels, height, width]
  at::Tensor labels;         // uint8 [height, width]
};
struct Output {
  bool probabilities, labels;
};

// Refines all label sets of every problem, with one problem per thread if there are enough.
std::vector<std::vector<Refined>> refine(const std::vector<Problem>& problems, Output output,
                                         const CancelFlag& cancel);

}  // namespace stego::crf
