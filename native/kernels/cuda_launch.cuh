#pragma once
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "kernels/cuda_launch.h"
#include "kernels/team.h"

namespace stego {

inline void expect(cudaError_t code) {
  if (code != cudaSuccess) throw CudaError(code, cudaGetErrorString(code), code == cudaErrorMemoryAllocation);
}

constexpr int kThreads = 256;  // of a block

template <typename Kernel>
__global__ void run_kernel(Kernel kernel, int64_t count) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    kernel(i);
  }
}

template <typename Kernel>
__global__ void run_row_kernel(Kernel kernel, int64_t rows) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * (blockDim.x / kLanes);
  const int64_t first = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / kLanes;
  for (int64_t row = first; row < rows; row += step) kernel(WarpTeam(), row);
}

inline unsigned blocks_for(int64_t threads_wanted) {
  constexpr int64_t most = 1 << 20;
  return static_cast<unsigned>(std::min(most, (threads_wanted + kThreads - 1) / kThreads));
}

template <typename Kernel>
void launch_on_cuda(void* stream, int64_t count, const Kernel& kernel) {
  if (count == 0) return;
  run_kernel<<<blocks_for(count), kThreads, 0, static_cast<cudaStream_t>(stream)>>>(kernel, count);
  expect(cudaGetLastError());
}

template <typename Kernel>
void launch_rows_on_cuda(void* stream, int64_t rows, const Kernel& kernel) {
  if (rows == 0) return;
  run_row_kernel<<<blocks_for(rows * kLanes), kThreads, 0, static_cast<cudaStream_t>(stream)>>>(kernel, rows);
  expect(cudaGetLastError());
}

}  // namespace stego
