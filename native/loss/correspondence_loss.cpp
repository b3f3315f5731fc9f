// Chooses the form: tensor_loss.cpp computes the loss and its gradient by libtorch's operators, on any device
// and in any type; fast/ computes the same on a CPU, tile by tile.
#include "loss/correspondence_loss.h"

#include "core/form.h"
#include "loss/fast/tiled_loss.h"
#include "loss/tensor_loss.h"

namespace stego {

namespace {

bool is_plain(const LossOptions& options, const at::Device& device) {
  return options.plain || by_operators(device);
}

}  // namespace

CorrespondenceLoss correspondence_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                                       const LossOptions& options, PairMaps& gradients,
                                       PairDetails& details) {
  return is_plain(options, codes.maps.images.front().device())
             ? tensor_loss(teacher, codes, draws, options, gradients, details)
             : tiled_loss(teacher, codes, draws, options, gradients, details);
}

FeatureCorrespondences feature_correspondences(const Teacher& teacher, const Draws& draws,
                                               const LossOptions& options) {
  const at::NoGradGuard no_grad;
  return is_plain(options, teacher.device()) ? tensor_feature_correspondences(teacher, draws, options)
                                             : tiled_feature_correspondences(teacher, draws, options);
}

}  // namespace stego
