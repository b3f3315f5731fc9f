#pragma once
#include <cstdint>
#include <vector>

#include "crf/buffer.h"
#include "crf/simplices.h"

namespace stego::crf {

// Lines of neighboring vertices along one axis, one after the other, each in the order of the axis; a vertex
// without neighbors is in none. The last vertex of a line has kLineEnd set. Work is divided at `starts`, the
// first places of some lines and the end of all.
struct Lines {
  static constexpr uint32_t kLineEnd = 0x80000000u;
  Buffer<uint32_t> vertices;
  std::vector<int64_t> starts;
};

// The permutohedral lattice of some points (Adams, Baek and Davis, 2010;
// docs/dense-crf-algorithm.md#lattice): the vertices of their simplices, from points to vertices and back,
// and the lines that the blur runs along. Memory is 8 bytes a point and simplex vertex twice over, and at
// most 4 a vertex and axis.
struct Lattice {
  int corners;                   // vertices of a simplex: dimensions + 1
  int64_t points;                // of the features
  int64_t vertices;              // including those of weight zero
  Buffer<int32_t> slice_vertex;  // [points, corners]
  Buffer<float> slice_weight;    // [points, corners]
  // The same by vertex; the points of vertex v are splat_start[v] to splat_start[v + 1], ascending.
  Buffer<int32_t> splat_start;  // [vertices + 1]
  Buffer<int32_t> splat_point;  // [points * corners]
  Buffer<float> splat_weight;
  std::vector<int64_t> splat_shares;  // vertices that divide the work of splatting evenly
  std::vector<Lines> axes;            // [corners]

  int64_t bytes() const;
};

// Builds the lattice. Coordinates are exact and fit int16 where key_bound() is at most 32,000.
// ERR_STEGO_ARGUMENT for more than 2^31 / corners points.
Lattice build_lattice(const Features& features);

}  // namespace stego::crf
