#pragma once
#include <cstdint>

namespace stego {

// Runs each kernel of the backbone, the loss and the linear probe (native/*/kernels) on random values in
// memory of exactly the size it may use, in every launch order. Throws a Deviation if an order changes a bit,
// or if results differ from plain arithmetic in double precision by more than rounding. Returns the largest
// difference in float32.
double check_kernels(uint64_t seed);

}  // namespace stego
