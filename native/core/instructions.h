#pragma once

// Defined where inner loops are compiled for several x86-64 instruction sets in one file.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STEGO_X86_KERNELS
#endif

namespace stego {

// The instruction sets that inner loops are compiled for: x86-64-v4, x86-64-v3, and the x86-64 baseline.
// `operators`, only as a limit: no loops of ours where libtorch's operators can compute the same, see form.h.
enum class Instructions { automatic, avx512, avx2, portable, operators };

// Limits the whole process to this instruction set from now on. This also rules out the 8-bit and bfloat16
// product extensions, which belong to none of the sets. libtorch's own kernels follow unless they have
// already been chosen or the environment says otherwise (ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA,
// MKL_ENABLE_INSTRUCTIONS). `automatic` changes nothing. Call it before any computation.
void limit_instructions(Instructions most);

// The limit, or `automatic` if there is none.
Instructions instructions_limit();

// Returns the set itself; for `automatic`, the widest one allowed. Throws ERR_STEGO_ARGUMENT if the processor
// lacks the instructions or the limit excludes them.
Instructions available(Instructions instructions);

// The widest set the processor has, regardless of the limit.
Instructions widest_of_processor();

// Whether the processor multiplies bfloat16 matrices in hardware (avx512_bf16, which every AMX processor also
// has).
bool has_bfloat16();

// Whether the processor multiplies and accumulates 8-bit integers in hardware (AVX-512 VNNI).
bool has_int8_products();

// Whether the processor has a CRC-32C instruction (SSE 4.2).
bool has_crc32c();

}  // namespace stego
