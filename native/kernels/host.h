#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/launch_order.h"
#include "kernels/team.h"

namespace stego {

// Runs kernels on the host, as cuda_device.cuh does on a device.
class HostDevice {
 public:
  template <typename Value>
  using Array = std::vector<Value>;

  explicit HostDevice(LaunchOrder order) : order_(order) {}

  template <typename Value>
  Array<Value> make(int64_t count) const {
    return Array<Value>(count);
  }
  template <typename Value>
  Array<Value> upload(const Value* values, int64_t count) const {
    return Array<Value>(values, values + count);
  }
  template <typename Value>
  void download(const Array<Value>& array, int64_t first, int64_t count, Value* to) const {
    std::copy_n(array.data() + first, count, to);
  }

  template <typename Kernel>
  void run(int64_t count, const Kernel& kernel) const {
    const int64_t half = count / 2;
    switch (order_) {
      case LaunchOrder::ascending:
        for (int64_t i = 0; i < count; ++i) kernel(i);
        break;
      case LaunchOrder::descending:
        for (int64_t i = count; i > 0; --i) kernel(i - 1);
        break;
      case LaunchOrder::shuffled: {
        std::vector<int64_t> indices(count);
        std::iota(indices.begin(), indices.end(), 0);
        std::shuffle(indices.begin(), indices.end(), std::mt19937_64(count));
        for (const int64_t i : indices) kernel(i);
        break;
      }
      case LaunchOrder::interleaved:
        for (int64_t i = 0; i < half; ++i) {
          kernel(i);
          kernel(half + i);
        }
        if (count % 2 != 0) kernel(count - 1);
        break;
    }
  }

  template <typename Kernel>
  void run_rows(int64_t rows, const Kernel& kernel) const {
    run(rows, [&](int64_t row) { kernel(HostTeam(), row); });
  }

  // Stable, by the lowest `bits` of the keys.
  template <typename Key>
  void sort_pairs(Array<Key>& keys, Array<uint32_t>& values, int) const {
    std::vector<int64_t> order(keys.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return keys[a] < keys[b]; });
    Array<Key> sorted_keys(keys.size());
    Array<uint32_t> sorted_values(keys.size());
    for (size_t i = 0; i < order.size(); ++i) {
      sorted_keys[i] = keys[order[i]];
      sorted_values[i] = values[order[i]];
    }
    keys.swap(sorted_keys);
    values.swap(sorted_values);
  }

  void running_sum(Array<int32_t>& values) const {
    std::partial_sum(values.begin(), values.end(), values.begin());
  }

  // The least and the greatest of some values.
  void range(const Array<int16_t>& values, int64_t first, int64_t count, int16_t& low, int16_t& high) const {
    const auto [least, greatest] =
        std::minmax_element(values.begin() + first, values.begin() + first + count);
    low = *least;
    high = *greatest;
  }

 private:
  LaunchOrder order_;
};

}  // namespace stego
