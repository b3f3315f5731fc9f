#pragma once
#include <ATen/Parallel.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/cancel.h"

namespace stego {

// Calls work(worker, i) for every i below count. Each worker is used by one thread at a time and takes the next i
// when it is done with one.
template <typename Worker, typename Work>
void share(std::vector<Worker>& workers, int64_t count, const CancelFlag& cancel, const Work& work) {
  std::atomic<int64_t> next{0};
  at::parallel_for(0, static_cast<int64_t>(workers.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t w = begin; w < end; ++w) {
      for (int64_t i = next++; i < count; i = next++) {
        cancel.poll();
        work(workers[w], i);
      }
    }
  });
}

}  // namespace stego
