#pragma once
#include <cstdint>

#include "core/aten.h"

namespace stego {

// A generator on the CPU for one purpose. Draws are made there and moved, so every device sees the same
// numbers. `stream` separates the purposes that share a seed.
at::Generator make_generator(uint64_t seed, uint64_t stream = 0);

}  // namespace stego
