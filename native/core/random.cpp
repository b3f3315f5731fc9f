#include "core/random.h"

#include <ATen/CPUGeneratorImpl.h>

namespace stego {

at::Generator make_generator(uint64_t seed, uint64_t stream) {
  // SplitMix64's finalizer spreads adjacent seeds and streams over the whole range.
  uint64_t z = seed + 0x9E3779B97F4A7C15ull * (stream + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return at::detail::createCPUGenerator(z ^ (z >> 31));
}

}  // namespace stego
