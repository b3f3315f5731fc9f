#pragma once
#include <memory>
#include <vector>

#include "core/aten.h"
#include "crf/mean_field.h"

namespace stego::crf {

// Channels in a row that holds these label sets side by side, each padded; at most kMaxChannels fit.
int64_t row_channels(const std::vector<LabelScores>& scores);

// MeanField on a CPU in float32. All label sets go through the same filters side by side, an update slices,
// transforms and normalizes in one pass, and iterations allocate nothing.
std::unique_ptr<MeanField> fuse_mean_field(const Problem& problem, const CancelFlag& cancel);

}  // namespace stego::crf
