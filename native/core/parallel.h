#pragma once
#include <ATen/Parallel.h>

#include <atomic>

namespace stego {

// Calls work(task, worker) for every task below `count`, on all threads; each takes the next task when it has
// done one, so that they end together. `worker` is below at::get_num_threads(). For files that are compiled
// with OpenMP, and for work whose result does not depend on who does it.
template <typename Work>
void for_each_task(int64_t count, const Work& work) {
  std::atomic<int64_t> next{0};
  at::parallel_for(0, at::get_num_threads(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t worker = begin; worker < end; ++worker) {
      for (int64_t task; (task = next.fetch_add(1)) < count;) work(task, worker);
    }
  });
}

}  // namespace stego
