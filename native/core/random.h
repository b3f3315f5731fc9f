#pragma once
#include <cstdint>

#include "core/aten.h"

namespace stego {

// Creates a CPU generator for one purpose. Numbers are drawn on the CPU and then moved, so every device sees
// the same ones. `stream` separates purposes that share a seed.
at::Generator make_generator(uint64_t seed, uint64_t stream = 0);

}  // namespace stego
