#include "core/instructions.h"

#include <cstdlib>

#include "core/error.h"

namespace stego {

namespace {

Instructions limit = Instructions::automatic;

#ifdef STEGO_X86_KERNELS

// How libtorch and its libraries learn the same limit: each reads its variable on its first dispatch.
struct Variables {
  const char *aten, *onednn, *mkl;
};

Variables variables_for(Instructions most) {
  switch (most) {
    case Instructions::avx512:
      return {"avx512", "AVX512_CORE", "AVX512"};
    case Instructions::avx2:
      return {"avx2", "AVX2", "AVX2"};
    default:
      return {"default", "SSE41", "SSE4_2"};
  }
}

void limit_libtorch(Instructions most) {
  const auto [aten, onednn, mkl] = variables_for(most);
  constexpr int keep = 0;
  setenv("ATEN_CPU_CAPABILITY", aten, keep);
  setenv("ONEDNN_MAX_CPU_ISA", onednn, keep);
  setenv("MKL_ENABLE_INSTRUCTIONS", mkl, keep);
}

// The enumeration lists wider sets first.
bool has(Instructions instructions) {
  return widest_of_processor() <= instructions && limit <= instructions;
}

#endif

}  // namespace

void limit_instructions(Instructions most) {
  if (most == Instructions::automatic || limit == most) return;
  limit = most;
#ifdef STEGO_X86_KERNELS
  if (most != Instructions::operators) limit_libtorch(most);
#endif
}

Instructions instructions_limit() {
  return limit;
}

Instructions available(Instructions instructions) {
  const bool automatic = instructions == Instructions::automatic;
#ifdef STEGO_X86_KERNELS
  for (const Instructions set : {Instructions::avx512, Instructions::avx2}) {
    if (has(set) && (automatic || instructions == set)) return set;
  }
#endif
  require(automatic || instructions == Instructions::portable,
          "Expected instructions that this machine has and STEGO_INSTRUCTIONS allows.");
  return Instructions::portable;
}

Instructions widest_of_processor() {
#ifdef STEGO_X86_KERNELS
  if (__builtin_cpu_supports("x86-64-v4")) return Instructions::avx512;
  if (__builtin_cpu_supports("x86-64-v3")) return Instructions::avx2;
#endif
  return Instructions::portable;
}

bool has_bfloat16() {
#ifdef STEGO_X86_KERNELS
  return limit == Instructions::automatic && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

bool has_int8_products() {
#ifdef STEGO_X86_KERNELS
  return limit == Instructions::automatic && widest_of_processor() == Instructions::avx512 &&
         __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

bool has_crc32c() {
#ifdef STEGO_X86_KERNELS
  return limit != Instructions::portable && __builtin_cpu_supports("sse4.2");
#else
  return false;
#endif
}

}  // namespace stego
