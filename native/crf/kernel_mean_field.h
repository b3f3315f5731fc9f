#pragma once
#include <memory>

#include "core/cancel.h"
#include "crf/mean_field.h"

namespace stego::crf {

// make_mean_field() by the kernels of a GPU (kernels/): on a CUDA device, or on the host in the order that
// the options say.
std::unique_ptr<MeanField> kernel_mean_field(const Problem& problem, const at::Device& device,
                                             const CancelFlag& cancel);

}  // namespace stego::crf
