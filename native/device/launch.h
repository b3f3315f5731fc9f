#pragma once
#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>

#include "device/devices.h"
#include "kernels/cuda_launch.h"
#include "kernels/team.h"

namespace stego {

// Runs a kernel for each index in [0, count) where its data lie: on the device's stream, or on the host's
// threads.
template <typename Kernel>
void launch(const at::Device& device, int64_t count, const Kernel& kernel) {
#ifdef STEGO_CUDA
  if (device.is_cuda()) {
    const c10::DeviceGuard guard(device);
    return launch_on_cuda(stream_of(device), count, kernel);
  }
#endif
  constexpr int64_t at_least = 4096;  // indices to a thread
  at::parallel_for(0, count, at_least, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) kernel(i);
  });
}

// The same for kernels of rows (kernels/team.h).
template <typename Kernel>
void launch_rows(const at::Device& device, int64_t rows, const Kernel& kernel) {
#ifdef STEGO_CUDA
  if (device.is_cuda()) {
    const c10::DeviceGuard guard(device);
    return launch_rows_on_cuda(stream_of(device), rows, kernel);
  }
#endif
  constexpr int64_t at_least = 16;
  at::parallel_for(0, rows, at_least, [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row) kernel(HostTeam(), row);
  });
}

}  // namespace stego
