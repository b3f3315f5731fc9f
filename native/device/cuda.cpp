// devices.h in builds with CUDA; no_cuda.cpp has the same without it.
#include "device/devices.h"

#ifdef STEGO_CUDA
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <set>

namespace stego {

CudaInfo cuda_info() {
  CudaInfo info;
  info.built = true;
  cudaRuntimeGetVersion(&info.runtime);
  cudaDriverGetVersion(&info.driver);
  int count = 0;
  cudaError_t error = cudaGetDeviceCount(&count);
  for (int i = 0; i < count && error == cudaSuccess; ++i) {
    cudaDeviceProp properties{};
    error = cudaGetDeviceProperties(&properties, i);
    if (error != cudaSuccess) break;
    info.devices.push_back({properties.name, properties.major, properties.minor,
                            static_cast<int64_t>(properties.totalGlobalMem)});
  }
  cudaGetLastError();  // forgets the error, which libtorch would report of its own next call
  if (error == cudaSuccess) return info;
  info.error = error;
  info.message = cudaGetErrorString(error);
  return info;
}

DeviceMemory device_memory(const at::Device& device) {
  if (!device.is_cuda()) return {0, 0};
  const c10::cuda::CUDAGuard guard(device);
  size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  return {static_cast<int64_t>(free), static_cast<int64_t>(total)};
}

void* stream_of(const at::Device& device) {
  return device.is_cuda() ? c10::cuda::getCurrentCUDAStream(device.index()).stream() : nullptr;
}

void use_own_stream(const at::Device& device) {
  thread_local std::set<c10::DeviceIndex> used;
  if (!device.is_cuda() || !used.insert(device.index()).second) return;
  const c10::cuda::CUDAGuard guard(device);
  c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index()));
}

at::Tensor upload(const at::Tensor& tensor, const at::Device& device) {
  if (!device.is_cuda() || !tensor.device().is_cpu()) return tensor.to(device);
  return tensor.contiguous().pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace stego
#endif
