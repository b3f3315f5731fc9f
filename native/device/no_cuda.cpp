// devices.h in builds without CUDA; cuda.cpp has the same with it.
#include "device/devices.h"

#ifndef STEGO_CUDA
namespace stego {

CudaInfo cuda_info() {
  return {};
}

DeviceMemory device_memory(const at::Device&) {
  return {0, 0};
}

void* stream_of(const at::Device&) {
  return nullptr;
}

void use_own_stream(const at::Device&) {}

at::Tensor upload(const at::Tensor& tensor, const at::Device& device) {
  return tensor.to(device);
}

}  // namespace stego
#endif
