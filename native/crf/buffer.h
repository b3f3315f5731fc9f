#pragma once
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

namespace stego::crf {

// Values past the end of an index list that kernels may read in order to prefetch.
constexpr int64_t kReadAhead = 64;

// Uninitialized, cache-line-aligned values of a plain type, followed by as many zeros as a kernel reads
// ahead. Large buffers ask for large pages, because rows are visited in no particular order.
template <typename Value>
class Buffer {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  Buffer() = default;
  explicit Buffer(int64_t size, int64_t ahead = 0) : size_(size) {
    const size_t wanted = static_cast<size_t>(size + ahead) * sizeof(Value);
    const bool large = wanted >= kLargePage;
    const auto alignment = std::align_val_t{large ? kLargePage : kLine};
    const size_t bytes = large ? (wanted + kLargePage - 1) / kLargePage * kLargePage : wanted;
    data_ = Memory(static_cast<Value*>(::operator new(bytes, alignment)), Free{alignment});
#if defined(MADV_HUGEPAGE)
    if (large) madvise(data_.get(), bytes, MADV_HUGEPAGE);
#endif
    std::fill_n(data_.get() + size, ahead, Value{});
  }

  Value* data() { return data_.get(); }
  const Value* data() const { return data_.get(); }
  Value& operator[](int64_t index) { return data_.get()[index]; }
  const Value& operator[](int64_t index) const { return data_.get()[index]; }
  int64_t size() const { return size_; }
  int64_t bytes() const { return size_ * static_cast<int64_t>(sizeof(Value)); }

 private:
  static constexpr size_t kLine = 64, kLargePage = 2 << 20;
  struct Free {
    std::align_val_t alignment{kLine};
    void operator()(Value* data) const { ::operator delete(data, alignment); }
  };
  using Memory = std::unique_ptr<Value, Free>;
  Memory data_;
  int64_t size_ = 0;
};

}  // namespace stego::crf
