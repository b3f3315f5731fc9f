#include "backbone/fast/kernels.h"

namespace stego::vit {

namespace {

// For each set: floats per vector, and the rows and vectors of the register tiles for products and attention.
#ifdef STEGO_X86_KERNELS
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
namespace avx512 {
constexpr int kLanes = 16, kProductRows = 8, kProductVectors = 3, kScoreRows = 6, kScoreVectors = 4;
#include "backbone/fast/kernels.inl"
}  // namespace avx512
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace avx2 {
constexpr int kLanes = 8, kProductRows = 6, kProductVectors = 2, kScoreRows = 6, kScoreVectors = 2;
#include "backbone/fast/kernels.inl"
}  // namespace avx2
#pragma GCC pop_options
#endif
namespace portable {
constexpr int kLanes = 4, kProductRows = 6, kProductVectors = 2, kScoreRows = 6, kScoreVectors = 2;
#include "backbone/fast/kernels.inl"
}  // namespace portable

}  // namespace

const Kernels& choose_kernels(Instructions instructions) {
  switch (available(instructions)) {
#ifdef STEGO_X86_KERNELS
    case Instructions::avx512:
      return avx512::kKernels;
    case Instructions::avx2:
      return avx2::kKernels;
#endif
    default:
      return portable::kKernels;
  }
}

}  // namespace stego::vit
