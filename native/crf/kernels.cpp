#include "crf/kernels.h"

#include "core/error.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STEGO_X86_KERNELS
#endif

namespace stego::crf {

namespace {

#ifdef STEGO_X86_KERNELS
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
namespace avx512 {
#include "crf/kernels.inl"
}
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace avx2 {
#include "crf/kernels.inl"
}
#pragma GCC pop_options
#endif
namespace portable {
#include "crf/kernels.inl"
}

}  // namespace

const Kernels& choose_kernels(Instructions instructions) {
#ifdef STEGO_X86_KERNELS
  const bool has_avx512 = __builtin_cpu_supports("x86-64-v4"), has_avx2 = __builtin_cpu_supports("x86-64-v3");
  const bool automatic = instructions == Instructions::automatic;
  if (has_avx512 && (automatic || instructions == Instructions::avx512)) return avx512::kKernels;
  if (has_avx2 && (automatic || instructions == Instructions::avx2)) return avx2::kKernels;
#endif
  require(instructions == Instructions::automatic || instructions == Instructions::portable,
          "Expected instructions that this machine has.");
  return portable::kKernels;
}

}  // namespace stego::crf
