// devices.h in builds without CUDA; cuda.cpp has the same with it.
#include "device/devices.h"

#ifndef STEGO_CUDA
namespace stego {

struct OwnStreams::Guards {};

CudaInfo cuda_info() {
  return {};
}

DeviceMemory device_memory(const at::Device&) {
  return {0, 0};
}

void* stream_of(const at::Device&) {
  return nullptr;
}

OwnStreams::OwnStreams() : guards_(nullptr) {}
OwnStreams::~OwnStreams() = default;

at::Tensor upload(const at::Tensor& tensor, const at::Device& device) {
  return tensor.to(device);
}

}  // namespace stego
#endif
