#include "crf/fast/kernels.h"

namespace stego::crf {

namespace {

#ifdef STEGO_X86_KERNELS
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
namespace avx512 {
#include "crf/fast/kernels.inl"
}
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace avx2 {
#include "crf/fast/kernels.inl"
}
#pragma GCC pop_options
#endif
namespace portable {
#include "crf/fast/kernels.inl"
}

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

}  // namespace stego::crf
