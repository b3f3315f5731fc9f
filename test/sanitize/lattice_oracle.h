#pragma once
#include <array>
#include <cstdint>
#include <vector>

// A second implementation of the permutohedral lattice for correctness only, in plain loops that share no
// code with native/crf: steps 2 to 10 of docs/dense-crf-algorithm.md as written, with vertices in a map by
// key and neighbors looked up one by one. Uses float32 where the bits decide which vertices exist, doubles
// everywhere else.
namespace stego::oracle {

constexpr int kMostDims = 7;

using Point = std::array<float, kMostDims>;  // features, 0 after the last

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
  std::vector<int32_t> neighbors_;  // [dims + 1, vertices, 2], -1 if there is none
};

}  // namespace stego::oracle
