#pragma once

// A function that is compiled for several instruction sets; the one that suits the machine is chosen when the
// addon is loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STEGO_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define STEGO_MULTIVERSION
#endif
