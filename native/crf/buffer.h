#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace stego::crf {

// Values of plain type, not initialised, at the beginning of a cache line and followed by some zeros, so that
// a kernel may read indices ahead. Large ones ask for large pages: rows are visited in no order.
template <typename Value>
class Buffer {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  Buffer() = default;
  explicit Buffer(int64_t size) : size_(size) {
    const auto wanted = (static_cast<size_t>(size) + kSpare) * sizeof(Value);
    const size_t alignment = wanted >= kLargePage ? kLargePage : kLine;
    const size_t bytes = (wanted + alignment - 1) / alignment * alignment;
    data_.reset(static_cast<Value*>(std::aligned_alloc(alignment, bytes)));
    if (!data_) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    if (alignment == kLargePage) madvise(data_.get(), bytes, MADV_HUGEPAGE);
#endif
    for (size_t i = 0; i < kSpare; ++i) data_.get()[size_ + static_cast<int64_t>(i)] = Value{};
  }

  Value* data() { return data_.get(); }
  const Value* data() const { return data_.get(); }
  Value& operator[](int64_t index) { return data_.get()[index]; }
  const Value& operator[](int64_t index) const { return data_.get()[index]; }
  int64_t size() const { return size_; }
  int64_t bytes() const { return size_ * static_cast<int64_t>(sizeof(Value)); }

 private:
  static constexpr size_t kLine = 64, kLargePage = 2 << 20, kSpare = 64;
  struct Free {
    void operator()(Value* data) const { std::free(data); }
  };
  std::unique_ptr<Value, Free> data_;
  int64_t size_ = 0;
};

}  // namespace stego::crf
