#pragma once
#include <cstdint>

#include "kernels/host_device.h"

namespace stego {

// Equations 2 to 4 for an anchor and all positions of a partner; index = anchor of the batch. Replaces the
// code correspondences by the gradient of the summed losses times `scale`. At a bound the gradient passes, as
// in PyTorch.
struct PairsOfAnchor {
  const float* taught;  // [anchors, count] feature correspondences
  const float* offset;  // [anchors]: what centering adds, minus the shift
  float* similarity;    // [anchors, count] code correspondences
  int64_t count;        // positions of a partner
  float low, high;      // bounds of the similarity
  float scale;
  float *loss, *sum;  // [anchors]: of the losses, of the similarities

  template <typename Team>
  STEGO_HOST_DEVICE void operator()(const Team& team, int64_t anchor) const {
    const float* own_taught = taught + anchor * count;
    float* own = similarity + anchor * count;
    const float shift = offset[anchor];
    const auto clamped = [&](int64_t q) {
      const float value = own[q];
      return value < low ? low : value > high ? high : value;
    };
    const float losses = team.sum(count, [&](int64_t q) { return -clamped(q) * (own_taught[q] + shift); });
    const float total = team.sum(count, [&](int64_t q) { return own[q]; });
    team.each(count,
              [&](int64_t q) { own[q] = clamped(q) == own[q] ? -scale * (own_taught[q] + shift) : 0.0f; });
    team.once([&] {
      loss[anchor] = losses;
      sum[anchor] = total;
    });
  }
};

}  // namespace stego
