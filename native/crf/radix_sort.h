#pragma once
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/cancel.h"
#include "crf/buffer.h"

namespace stego::crf {

// A key with `bits` significant bits, and where it came from.
template <typename Key>
struct Keyed {
  Key key;
  uint32_t slot;
};

// Stable sort by key: digit by digit from the lowest, each thread on its share of the list. The result is the
// same as any stable sort's, for any number of threads. `spare` is as large as `items`. Polls
// between steps.
template <typename Key>
void radix_sort(Buffer<Keyed<Key>>& items, Buffer<Keyed<Key>>& spare, int bits, const CancelFlag& cancel) {
  constexpr int kDigit = 11;
  const int passes = std::max(1, (bits + kDigit - 1) / kDigit);
  const int width = (bits + passes - 1) / passes;
  const int64_t size = items.size(), radix = int64_t{1} << width;
  const int64_t shares = std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), size / 4096));
  const auto start = [&](int64_t share) { return size * share / shares; };
  std::vector<int64_t> places(shares * radix);
  for (int pass = 0; pass < passes; ++pass) {
    cancel.poll();
    const int shift = pass * width;
    const auto digit = [&](const Keyed<Key>& item) {
      return static_cast<int64_t>(static_cast<uint64_t>(item.key >> shift) &
                                  static_cast<uint64_t>(radix - 1));
    };
    std::fill(places.begin(), places.end(), 0);
    at::parallel_for(0, shares, 1, [&](int64_t begin, int64_t end) {
      for (int64_t share = begin; share < end; ++share) {
        int64_t* counts = places.data() + share * radix;
        for (int64_t i = start(share); i < start(share + 1); ++i) ++counts[digit(items[i])];
      }
    });
    cancel.poll();
    int64_t total = 0;
    for (int64_t value = 0; value < radix; ++value) {
      for (int64_t share = 0; share < shares; ++share) {
        total += std::exchange(places[share * radix + value], total);
      }
    }
    at::parallel_for(0, shares, 1, [&](int64_t begin, int64_t end) {
      for (int64_t share = begin; share < end; ++share) {
        int64_t* next = places.data() + share * radix;
        for (int64_t i = start(share); i < start(share + 1); ++i) spare[next[digit(items[i])]++] = items[i];
      }
    });
    std::swap(items, spare);
  }
}

}  // namespace stego::crf
