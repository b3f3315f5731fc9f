#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/aten.h"

namespace stego {

// One CUDA device.
struct CudaDeviceInfo {
  std::string name;
  int major, minor;  // compute capability
  int64_t bytes;     // of memory
};

// What this build and this machine have of CUDA. Never throws.
struct CudaInfo {
  bool built = false;                   // whether the addon was built with CUDA; the rest is empty if not
  int runtime = 0, driver = 0;          // versions as CUDA counts them, 13000 for 13.0; driver 0: none
  int error = 0;                        // cudaError_t of asking for devices; 0: none
  std::string message;                  // what CUDA says of it
  std::vector<CudaDeviceInfo> devices;  // visible ones
};
CudaInfo cuda_info();

// Memory of a CUDA device, in bytes.
struct DeviceMemory {
  int64_t free, total;
};
DeviceMemory device_memory(const at::Device& device);

// The stream that work on this device goes to (cudaStream_t); null for the host.
void* stream_of(const at::Device& device);

// From now on this thread's work on the device goes to a stream of its own, not to the default stream, which
// other code in the process may use. Does nothing on the host and the second time.
void use_own_stream(const at::Device& device);

// Copies a tensor of the host to a device through pinned memory, so that the copy does not wait for the
// host; the same tensor if the device is the host.
at::Tensor upload(const at::Tensor& tensor, const at::Device& device);

}  // namespace stego
