#include "core/instructions.h"

#include "core/error.h"

namespace stego {

Instructions available(Instructions instructions) {
  const bool automatic = instructions == Instructions::automatic;
#ifdef STEGO_X86_KERNELS
  const bool has_avx512 = __builtin_cpu_supports("x86-64-v4"), has_avx2 = __builtin_cpu_supports("x86-64-v3");
  if (has_avx512 && (automatic || instructions == Instructions::avx512)) return Instructions::avx512;
  if (has_avx2 && (automatic || instructions == Instructions::avx2)) return Instructions::avx2;
#endif
  require(automatic || instructions == Instructions::portable,
          "Expected instructions that this machine has.");
  return Instructions::portable;
}

bool has_bfloat16() {
#ifdef STEGO_X86_KERNELS
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

}  // namespace stego
