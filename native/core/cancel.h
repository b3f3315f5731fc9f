#pragma once
#include <atomic>
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

 private:
  std::atomic<bool> raised_{false};
};

}  // namespace stego
