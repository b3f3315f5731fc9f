#pragma once
#include <cstdint>
#include <vector>

#include "core/cancel.h"
#include "crf/buffer.h"
#include "crf/simplices.h"

namespace stego::crf {

// Lines of neighboring vertices along one axis, one line after another, each in axis order; vertices without
// neighbors are omitted. The last vertex of a line has kLineEnd set. Work is divided at `starts`: the first
// positions of some lines, then the end of all.
struct Lines {
  static constexpr uint32_t kLineEnd = 0x80000000u;
  Buffer<uint32_t> vertices;
  std::vector<int64_t> starts;
};

// The permutohedral lattice of some points (Adams, Baek and Davis, 2010;
// docs/dense-crf-algorithm.md#lattice): the vertices of their simplices, the mapping from points to vertices
// and back, and the lines that the blur runs along. Memory is twice 8 bytes per point and simplex vertex, and
// at most 4 per vertex and axis.
struct Lattice {
  int corners;                   // vertices of a simplex: dimensions + 1
  int64_t points;                // of the features
  int64_t vertices;              // including those with weight zero
  Buffer<int32_t> slice_vertex;  // [points, corners]
  Buffer<float> slice_weight;    // [points, corners]
  // The same by vertex; the points of vertex v are splat_start[v] to splat_start[v + 1], ascending.
  Buffer<int32_t> splat_start;  // [vertices + 1]
  Buffer<int32_t> splat_point;  // [points * corners]
  Buffer<float> splat_weight;
  std::vector<int64_t> splat_shares;  // vertices that divide the splatting work evenly
  std::vector<Lines> axes;            // [corners]

  int64_t bytes() const;
};

// Builds the lattice. Coordinates are exact and fit int16 if key_bound() is at most 32,000. Throws
// ERR_STEGO_ARGUMENT for more than 2^31 / corners points. Polls between steps.
Lattice build_lattice(const Features& features, const CancelFlag& cancel);

}  // namespace stego::crf
