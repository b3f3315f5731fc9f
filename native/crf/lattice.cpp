#include "crf/lattice.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "crf/radix_sort.h"

namespace stego::crf {

namespace {

using Wide = unsigned __int128;

// A vertex packed into one number: its remainder and, for each stored coordinate, its cell. A coordinate is
// cell * corners + remainder. Cells are counted from two below the lowest of any point, and ranges extend one
// above the highest, so a neighbor's number never collides with another vertex's.
struct Packing {
  int corners;
  int64_t lowest[kMaxDims];
  Wide stride[kMaxDims + 1];  // of each cell, times corners; 0 for the implied coordinate
  int bits;
};

Packing make_packing(const Simplices& simplices, const CancelFlag& cancel) {
  Packing packing{};
  packing.corners = simplices.dims + 1;
  Wide size = packing.corners;
  for (int i = simplices.dims - 1; i >= 0; --i) {
    cancel.poll();
    const int16_t* cells = simplices.cells.data() + i * simplices.stride;
    int16_t low = cells[0], high = cells[0];
    for (int64_t p = 1; p < simplices.points; ++p) {
      low = std::min(low, cells[p]);
      high = std::max(high, cells[p]);
    }
    packing.lowest[i] = low - 2;
    packing.stride[i] = size;
    size *= static_cast<Wide>(high - low + 4);
  }
  while (packing.bits < 128 && (size - 1) >> packing.bits != 0) ++packing.bits;
  return packing;
}

// Neighboring points that share a simplex: `points` from `first` to that of the next run. Slot `run * corners
// + q` is the simplex's vertex with remainder q.
template <typename Key>
struct Runs {
  std::vector<int32_t> first;  // and the end
  Buffer<Keyed<Key>> slots;
};

template <typename Key>
Runs<Key> find_runs(const Simplices& simplices, const Packing& packing, int64_t points,
                    const CancelFlag& cancel) {
  const int dims = simplices.dims, corners = packing.corners;
  std::vector<Key> base;
  std::vector<uint32_t> ranks;
  Runs<Key> runs;
  for (int64_t p = 0; p < simplices.points; ++p) {
    cancel.poll_sometimes(p);
    Key key = 0;
    for (int i = 0; i < dims; ++i) {
      const int64_t cell = simplices.cells[i * simplices.stride + p] - packing.lowest[i];
      key += static_cast<Key>(packing.stride[i]) * static_cast<Key>(cell);
    }
    const bool same =
        p != points && !base.empty() && base.back() == key && ranks.back() == simplices.ranks[p];
    if (same) continue;
    base.push_back(key);
    ranks.push_back(simplices.ranks[p]);
    runs.first.push_back(static_cast<int32_t>(p));
  }
  const auto count = static_cast<int64_t>(base.size());
  runs.first.push_back(static_cast<int32_t>(simplices.points));
  cancel.poll();
  runs.slots = Buffer<Keyed<Key>>(count * corners);
  at::parallel_for(0, count, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t run = begin; run < end; ++run) {
      // The vertex with remainder q is one cell lower if a coordinate's rank is above dims - q.
      Key step[kMaxDims + 1];
      for (int i = 0; i < corners; ++i) {
        step[(ranks[run] >> (3 * i)) & 7] = i < dims ? static_cast<Key>(packing.stride[i]) : Key{0};
      }
      Key key = base[run];
      for (int q = 0; q < corners; ++q) {
        const int64_t slot = run * corners + q;
        runs.slots[slot] = {key, static_cast<uint32_t>(slot)};
        key += 1;
        key -= step[dims - q];
      }
    }
  });
  return runs;
}

// Each vertex's successor on a line along `axis`: all stored coordinates are one less, except that of the
// axis, which is `dims` more; -1 if there is none. Keys ascend, so both kinds of successor do too.
template <typename Key>
std::vector<int32_t> find_successors(const std::vector<Key>& keys, const Packing& packing, int axis,
                                     const CancelFlag& cancel) {
  const int dims = packing.corners - 1;
  const auto count = static_cast<int64_t>(keys.size());
  Key all = 0;
  for (int i = 0; i < dims; ++i) all += static_cast<Key>(packing.stride[i]);
  const Key along = static_cast<Key>(packing.stride[axis]);
  // Remainder 0 wraps to remainder `dims` of the cells below.
  const Key lower = along - 1, wrapped = along + static_cast<Key>(dims) - all;
  std::vector<int32_t> successors(count, -1);
  int64_t near = 0, far = 0;
  for (int64_t v = 0; v < count; ++v) {
    cancel.poll_sometimes(v);
    const bool wraps = keys[v] % static_cast<Key>(packing.corners) == 0;
    const Key target = keys[v] + (wraps ? wrapped : lower);
    int64_t& place = wraps ? far : near;
    while (place < count && keys[place] < target) ++place;
    if (place < count && keys[place] == target) successors[v] = static_cast<int32_t>(place);
  }
  return successors;
}

// Builds the lines of an axis from its successors.
Lines make_lines(const std::vector<int32_t>& successors, const CancelFlag& cancel) {
  const auto count = static_cast<int64_t>(successors.size());
  std::vector<uint8_t> follows(count, 0);
  int64_t linked = 0;
  for (int64_t v = 0; v < count; ++v) {
    if (successors[v] >= 0) follows[successors[v]] = 1;
  }
  for (int64_t v = 0; v < count; ++v) linked += follows[v] || successors[v] >= 0;
  Lines lines;
  lines.vertices = Buffer<uint32_t>(linked, kReadAhead);
  const int64_t share = std::max<int64_t>(1024, linked / 64);
  int64_t place = 0;
  for (int64_t v = 0; v < count; ++v) {
    cancel.poll_sometimes(v);
    if (follows[v] || successors[v] < 0) continue;
    if (lines.starts.empty() || place - lines.starts.back() >= share) lines.starts.push_back(place);
    for (auto at = static_cast<int32_t>(v); at >= 0; at = successors[at]) {
      lines.vertices[place++] = static_cast<uint32_t>(at) | (successors[at] < 0 ? Lines::kLineEnd : 0);
    }
  }
  lines.starts.push_back(place);
  return lines;
}

// Numbers the vertices in key order, which keeps the blur's neighbors close together, and writes the
// lattice's mapping from points to vertices and back. Returns the keys. `slots` are sorted.
template <typename Key>
std::vector<Key> number_vertices(const Runs<Key>& runs, const Simplices& simplices, Lattice& lattice,
                                 const CancelFlag& cancel) {
  const int corners = lattice.corners;
  const int64_t count = static_cast<int64_t>(runs.first.size()) - 1, slots = runs.slots.size();
  const auto end_of = [&](int64_t run) { return std::min<int64_t>(runs.first[run + 1], lattice.points); };
  std::vector<Key> keys;
  std::vector<int32_t> starts;
  Buffer<int32_t> vertex_of(slots);
  int64_t place = 0;
  for (int64_t i = 0; i < slots; ++i) {
    cancel.poll_sometimes(i);
    const auto [key, slot] = runs.slots[i];
    if (keys.empty() || keys.back() != key) {
      keys.push_back(key);
      starts.push_back(static_cast<int32_t>(place));
    }
    vertex_of[slot] = static_cast<int32_t>(keys.size() - 1);
    const auto run = static_cast<int64_t>(slot / static_cast<uint32_t>(corners));
    const auto q = static_cast<int64_t>(slot % static_cast<uint32_t>(corners));
    for (int64_t p = runs.first[run]; p < end_of(run); ++p) {
      lattice.splat_point[place] = static_cast<int32_t>(p);
      lattice.splat_weight[place++] = simplices.weights[p * corners + q];
    }
  }
  starts.push_back(static_cast<int32_t>(place));
  lattice.vertices = static_cast<int64_t>(keys.size());
  lattice.splat_start = Buffer<int32_t>(lattice.vertices + 1);
  std::copy(starts.begin(), starts.end(), lattice.splat_start.data());
  at::parallel_for(0, count, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t run = begin; run < end; ++run) {
      for (int64_t p = runs.first[run]; p < end_of(run); ++p) {
        std::copy_n(vertex_of.data() + run * corners, corners, lattice.slice_vertex.data() + p * corners);
      }
    }
  });
  return keys;
}

// Splits vertices into shares with about the same number of entries, counting a vertex itself as one.
std::vector<int64_t> divide_splatting(const Buffer<int32_t>& starts) {
  const int64_t vertices = starts.size() - 1;
  const int64_t share = std::max<int64_t>(2048, (vertices + starts[vertices]) / 64);
  std::vector<int64_t> shares{0};
  for (int64_t v = 1; v < vertices; ++v) {
    const int64_t begin = shares.back();
    if (v + starts[v] - begin - starts[begin] >= share) shares.push_back(v);
  }
  shares.push_back(vertices);
  return shares;
}

template <typename Key>
void connect(Simplices&& simplices, const Packing& packing, Lattice& lattice, const CancelFlag& cancel) {
  Runs<Key> runs = find_runs<Key>(simplices, packing, lattice.points, cancel);
  {
    Buffer<Keyed<Key>> spare(runs.slots.size());
    cancel.poll();
    radix_sort(runs.slots, spare, packing.bits, cancel);
  }
  const std::vector<Key> keys = number_vertices(runs, simplices, lattice, cancel);
  cancel.poll();
  lattice.slice_weight = std::move(simplices.weights);
  lattice.splat_shares = divide_splatting(lattice.splat_start);
  lattice.axes.resize(lattice.corners);
  at::parallel_for(0, lattice.corners, 1, [&](int64_t begin, int64_t end) {
    for (int64_t axis = begin; axis < end; ++axis) {
      lattice.axes[axis] = make_lines(find_successors(keys, packing, static_cast<int>(axis), cancel), cancel);
    }
  });
}

}  // namespace

int64_t Lattice::bytes() const {
  int64_t total = slice_vertex.bytes() + slice_weight.bytes() + splat_start.bytes() + splat_point.bytes() +
                  splat_weight.bytes();
  for (const Lines& lines : axes) total += lines.vertices.bytes();
  return total;
}

Lattice build_lattice(const Features& features, const CancelFlag& cancel) {
  const int corners = features.dims + 1;
  require(features.points >= 1 && features.points <= std::numeric_limits<int32_t>::max() / corners - 4,
          "Expected between 1 and ", std::numeric_limits<int32_t>::max() / corners - 4, " points, got ",
          features.points, ". Use a smaller picture.");
  Lattice lattice;
  lattice.corners = corners;
  lattice.points = features.points;
  lattice.slice_vertex = Buffer<int32_t>(features.points * corners, kReadAhead);
  lattice.splat_point = Buffer<int32_t>(features.points * corners, kReadAhead);
  lattice.splat_weight = Buffer<float>(features.points * corners);
  Simplices simplices = find_simplices(features);
  cancel.poll();
  const Packing packing = make_packing(simplices, cancel);
  if (packing.bits <= 62) {
    connect<uint64_t>(std::move(simplices), packing, lattice, cancel);
  } else {
    connect<Wide>(std::move(simplices), packing, lattice, cancel);
  }
  return lattice;
}

}  // namespace stego::crf
