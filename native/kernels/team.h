#pragma once
#include <cstdint>

#include "kernels/host_device.h"

namespace stego {

// Kernels of a row share its elements among the 32 threads of a warp, its lanes: lane l has elements l, l +
// 32 and so on. The host does the same one lane after another and adds in the same order, so that its sums
// are a device's to the bit. A lane may read what each() wrote for the same element, and nothing else.
constexpr int kLanes = 32;

#ifdef __CUDACC__
struct WarpTeam {
  template <typename Body>
  __device__ void each(int64_t count, const Body& body) const {
    for (int64_t i = threadIdx.x % kLanes; i < count; i += kLanes) body(i);
  }

  // The sum of body(i), the same in all lanes.
  template <typename Body>
  __device__ float sum(int64_t count, const Body& body) const {
    float total = 0;
    each(count, [&](int64_t i) { total = rounded_sum(total, body(i)); });
    for (int step = kLanes / 2; step > 0; step /= 2) {
      total = rounded_sum(total, __shfl_xor_sync(0xffffffffu, total, step));
    }
    return total;
  }

  // Runs body once.
  template <typename Body>
  __device__ void once(const Body& body) const {
    if (threadIdx.x % kLanes == 0) body();
  }
};
#endif

struct HostTeam {
  template <typename Body>
  void each(int64_t count, const Body& body) const {
    for (int64_t i = 0; i < count; ++i) body(i);
  }

  template <typename Body>
  float sum(int64_t count, const Body& body) const {
    float totals[kLanes] = {};
    for (int64_t i = 0; i < count; ++i) totals[i % kLanes] = rounded_sum(totals[i % kLanes], body(i));
    for (int step = kLanes / 2; step > 0; step /= 2) {
      for (int lane = 0; lane < step; ++lane) totals[lane] = rounded_sum(totals[lane], totals[lane + step]);
    }
    return totals[0];
  }

  template <typename Body>
  void once(const Body& body) const {
    body();
  }
};

}  // namespace stego
