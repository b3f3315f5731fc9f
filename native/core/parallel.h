#pragma once
#include <ATen/Parallel.h>

#include <atomic>
#include <cstdint>

#include "core/aten.h"

namespace stego {

// Calls `work(i)` for every i below `count`, each thread taking the next one that is left: for work of
// unequal size. Nothing in it is recorded for a gradient, and products in it run on the thread that asks for
// them. What `work` writes must not depend on the order.
template <typename Work>
void parallel_each(int64_t count, const Work& work) {
  std::atomic<int64_t> next{0};
  at::parallel_for(0, std::min<int64_t>(count, at::get_num_threads()), 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;
    for (int64_t i = next++; i < count; i = next++) work(i);
  });
}

}  // namespace stego
