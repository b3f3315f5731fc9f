#pragma once

// Where inner loops are compiled for several instruction sets of x86-64 in one file.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STEGO_X86_KERNELS
#endif

namespace stego {

// The instruction sets that inner loops are compiled for.
enum class Instructions { automatic, avx512, avx2, portable };

// The set itself, or the widest that this machine has for `automatic`. ERR_STEGO_ARGUMENT where it lacks the
// instructions.
Instructions available(Instructions instructions);

// Whether this machine multiplies bfloat16 matrices by instructions of its own (avx512_bf16; what has AMX has
// it too).
bool has_bfloat16();

}  // namespace stego
