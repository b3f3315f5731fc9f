#pragma once
#include <array>
#include <cstdint>
#include <vector>

// The permutohedral lattice a second time, in plain loops that share no code with native/crf: steps 2 to 10
// of docs/dense-crf-algorithm.md as they are told, vertices in a map by their key, neighbors looked up one
// by one. Float32 where the bits decide which vertices there are, doubles everywhere else. For correctness
// only.
namespace stego::oracle {

constexpr int kMostDims = 7;

using Point = std::array<float, kMostDims>;  // features, 0 behind the last

class Lattice {
 public:
  Lattice(std::vector<Point> points, int dims);

  // K of rows [points, channels].
  std::vector<double> filter(const std::vector<double>& rows, int64_t channels) const;

  int64_t vertices() const { return vertices_; }

 private:
  struct Corner {
    int32_t vertex;
    double weight;
  };
  int dims_;
  int64_t points_, vertices_;
  std::vector<Corner> corners_;     // [points, dims + 1]
  std::vector<int32_t> neighbors_;  // [dims + 1, vertices, 2], -1 where there is none
};

}  // namespace stego::oracle
