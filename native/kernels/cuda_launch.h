#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

namespace stego {

// A call that CUDA refused.
class CudaError : public std::runtime_error {
 public:
  CudaError(int code, const std::string& message, bool memory)
      : std::runtime_error(message), code(code), memory(memory) {}
  int code;     // cudaError_t
  bool memory;  // whether there was too little
};

// Run a kernel for all indices, or for all rows by a team each, in the order of a stream (cudaStream_t) of
// the current device. Defined in cuda_launch.cuh and instantiated for each kernel in its folder's .cu file.
// Throw CudaError.
template <typename Kernel>
void launch_on_cuda(void* stream, int64_t count, const Kernel& kernel);
template <typename Kernel>
void launch_rows_on_cuda(void* stream, int64_t rows, const Kernel& kernel);

}  // namespace stego
