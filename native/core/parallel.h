#pragma once
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/aten.h"

namespace stego {

// Calls work(task, worker) for every task below `count` on all threads. Each thread takes the next task when
// it finishes one, so all threads end at about the same time. `worker` is below at::get_num_threads().
// Autograd records nothing inside, and matrix products inside run on the calling worker. For files compiled
// with OpenMP, and for work whose result does not depend on which thread does it.
template <typename Work>
void for_each_task(int64_t count, const Work& work) {
  std::atomic<int64_t> next{0};
  at::parallel_for(0, std::min<int64_t>(count, at::get_num_threads()), 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;
    for (int64_t worker = begin; worker < end; ++worker) {
      for (int64_t task = next++; task < count; task = next++) work(task, worker);
    }
  });
}

// The same for work(task).
template <typename Work>
void parallel_each(int64_t count, const Work& work) {
  for_each_task(count, [&](int64_t task, int64_t) { work(task); });
}

}  // namespace stego
