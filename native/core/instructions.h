#pragma once

// Where inner loops are compiled for several instruction sets of x86-64 in one file.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STEGO_X86_KERNELS
#endif

namespace stego {

// The instruction sets that inner loops are compiled for: x86-64-v4, x86-64-v3, and what every x86-64 has.
enum class Instructions { automatic, avx512, avx2, portable };

// From now on the process does as if the processor had no more than this set: not its extensions for 8-bit
// and bfloat16 products either, which no set holds. libtorch's own kernels follow where they have not been
// chosen yet, and where the environment does not already say otherwise (ATEN_CPU_CAPABILITY,
// ONEDNN_MAX_CPU_ISA, MKL_ENABLE_INSTRUCTIONS). `automatic` changes nothing. Call it before anything is
// computed.
void limit_instructions(Instructions most);

// The limit; `automatic` where there is none.
Instructions instructions_limit();

// The set itself, or the widest that may be used for `automatic`. ERR_STEGO_ARGUMENT where the processor
// lacks the instructions or the limit excludes them.
Instructions available(Instructions instructions);

// The widest set that the processor has, whatever the limit.
Instructions widest_of_processor();

// Whether bfloat16 matrices are multiplied by instructions of their own (avx512_bf16; what has AMX has it
// too).
bool has_bfloat16();

// Whether 8-bit integers are multiplied and added up by instructions of their own (AVX-512 VNNI).
bool has_int8_products();

// Whether CRC-32C is an instruction (SSE 4.2).
bool has_crc32c();

}  // namespace stego
