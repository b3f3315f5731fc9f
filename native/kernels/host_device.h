#pragma once
#include <cstdint>

// Kernels are functions of an index that nvcc compiles for the device and any compiler for the host. They
// include nothing of libtorch. Each writes only what belongs to its index, so the order of indices does not
// matter; the host runs them in several (host.h) to prove it.
#ifdef __CUDACC__
#define STEGO_HOST_DEVICE __host__ __device__
#else
#define STEGO_HOST_DEVICE
#endif

namespace stego {

// Products and sums that are rounded on their own, never contracted. Host files that use them are compiled
// without contraction (CMakeLists.txt).
STEGO_HOST_DEVICE inline float rounded_product(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

STEGO_HOST_DEVICE inline float rounded_sum(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fadd_rn(a, b);
#else
  return a + b;
#endif
}

}  // namespace stego
