#pragma once
#include <cstdint>
#include <cub/cub.cuh>
#include <utility>

#include "kernels/cuda_launch.cuh"

namespace stego {

// Memory of a device, taken from and given back to its pool in a stream's order.
template <typename Value>
class CudaArray {
 public:
  CudaArray() = default;
  CudaArray(int64_t count, cudaStream_t stream) : stream_(stream), count_(count) {
    if (count > 0) expect(cudaMallocAsync(reinterpret_cast<void**>(&data_), count * sizeof(Value), stream));
  }
  CudaArray(CudaArray&& other) noexcept { swap(other); }
  CudaArray& operator=(CudaArray&& other) noexcept {
    swap(other);
    return *this;
  }
  ~CudaArray() {
    if (data_) cudaFreeAsync(data_, stream_);
  }
  Value* data() { return data_; }
  const Value* data() const { return data_; }
  int64_t size() const { return count_; }
  void swap(CudaArray& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(stream_, other.stream_);
    std::swap(count_, other.count_);
  }

 private:
  Value* data_ = nullptr;
  cudaStream_t stream_ = nullptr;
  int64_t count_ = 0;
};

// Runs kernels on the current device, one after another on a stream; host.h has the same for the host.
class CudaDevice {
 public:
  template <typename Value>
  using Array = CudaArray<Value>;

  explicit CudaDevice(cudaStream_t stream) : stream_(stream) {}

  template <typename Value>
  Array<Value> make(int64_t count) const {
    return Array<Value>(count, stream_);
  }
  // From memory of the host or of the device.
  template <typename Value>
  Array<Value> upload(const Value* values, int64_t count) const {
    auto array = make<Value>(count);
    expect(cudaMemcpyAsync(array.data(), values, count * sizeof(Value), cudaMemcpyDefault, stream_));
    return array;
  }
  // To memory of the host or of the device. Waits for the stream.
  template <typename Value>
  void download(const Array<Value>& array, int64_t first, int64_t count, Value* to) const {
    expect(cudaMemcpyAsync(to, array.data() + first, count * sizeof(Value), cudaMemcpyDefault, stream_));
    expect(cudaStreamSynchronize(stream_));
  }

  template <typename Kernel>
  void run(int64_t count, const Kernel& kernel) const {
    launch_on_cuda(stream_, count, kernel);
  }

  // Stable, by the lowest `bits` of the keys.
  template <typename Key>
  void sort_pairs(Array<Key>& keys, Array<uint32_t>& values, int bits) const {
    auto sorted_keys = make<Key>(keys.size());
    auto sorted_values = make<uint32_t>(keys.size());
    with_scratch([&](void* scratch, size_t& bytes) {
      return cub::DeviceRadixSort::SortPairs(scratch, bytes, keys.data(), sorted_keys.data(), values.data(),
                                             sorted_values.data(), keys.size(), 0, bits, stream_);
    });
    keys.swap(sorted_keys);
    values.swap(sorted_values);
  }

  void running_sum(Array<int32_t>& values) const {
    auto sums = make<int32_t>(values.size());
    with_scratch([&](void* scratch, size_t& bytes) {
      return cub::DeviceScan::InclusiveSum(scratch, bytes, values.data(), sums.data(), values.size(),
                                           stream_);
    });
    values.swap(sums);
  }

  // The least and the greatest of some values. Waits for the stream.
  void range(const Array<int16_t>& values, int64_t first, int64_t count, int16_t& low, int16_t& high) const {
    auto result = make<int16_t>(2);
    const int16_t* from = values.data() + first;
    with_scratch([&](void* scratch, size_t& bytes) {
      return cub::DeviceReduce::Min(scratch, bytes, from, result.data(), count, stream_);
    });
    with_scratch([&](void* scratch, size_t& bytes) {
      return cub::DeviceReduce::Max(scratch, bytes, from, result.data() + 1, count, stream_);
    });
    int16_t found[2];
    download(result, 0, 2, found);
    low = found[0];
    high = found[1];
  }

 private:
  // cub's calls say how much memory they need when they are given none.
  template <typename Call>
  void with_scratch(const Call& call) const {
    size_t bytes = 0;
    expect(call(nullptr, bytes));
    auto scratch = make<uint8_t>(static_cast<int64_t>(bytes));
    expect(call(scratch.data(), bytes));
  }

  cudaStream_t stream_;
};

}  // namespace stego
