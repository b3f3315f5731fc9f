#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

namespace stego {

// Thrown from a job whose caller no longer wants its result.
struct Cancelled {};

// A flag that any thread can set and that long-running work polls.
class CancelFlag {
 public:
  void raise() { raised_.store(true, std::memory_order_relaxed); }
  bool raised() const { return raised_.load(std::memory_order_relaxed); }
  void poll() const {
    if (raised()) throw Cancelled{};
  }
  // For step i of a loop with steps of well below a microsecond.
  void poll_sometimes(int64_t i) const {
    if (i % (1 << 16) == 0) poll();
  }

 private:
  std::atomic<bool> raised_{false};
};

}  // namespace stego
