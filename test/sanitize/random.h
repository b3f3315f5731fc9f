#pragma once
#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace stego {

// SplitMix64's finalizer (Steele, Lea and Flood, 2014).
inline uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Random numbers that are the same with every compiler and library.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(mix(seed)) {}

  double unit() { return static_cast<double>(mix(state_++) >> 11) * 0x1p-53; }  // in [0, 1)
  int64_t between(int64_t low, int64_t high) {                                  // both inclusive
    return low + static_cast<int64_t>(unit() * static_cast<double>(high - low + 1));
  }
  double real(double low, double high) { return low + (high - low) * unit(); }
  double scale_between(double low, double high) {
    return low * std::pow(high / low, unit());
  }  // of any order
  bool one_in(int64_t count) { return between(1, count) == 1; }
  template <typename Value>
  Value one_of(std::initializer_list<Value> values) {
    return values.begin()[between(0, static_cast<int64_t>(values.size()) - 1)];
  }

 private:
  uint64_t state_;
};

}  // namespace stego
