#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "crf/kernels/filtering.h"
#include "crf/kernels/vertices.h"

namespace stego::crf {

// A kernel of the CRF as kernels read it: features on the host, [dims, stride], and where to divide by the
// number of neighbors.
struct DeviceTerm {
  int dims;  // 2 or 5
  const float* features;
  int64_t stride, points;
  bool normalized, root, before, after;
};

// The permutohedral lattice of a picture's pixels and the Gaussian filter on it (lattice.h,
// fast/filter.h), built and run by kernels: keys, one sort, numbers by a running sum, neighbors by search. No
// sum is by atomics, so results are the same in every run.
template <typename Device>
class DeviceLattice {
 public:
  DeviceLattice(const Device& device, const DeviceTerm& term)
      : device_(device), corners_(term.dims + 1), points_(term.points) {
    const int64_t padded = (points_ + 3) / 4 * 4;
    auto cells = device_.template make<int16_t>(term.dims * padded);
    auto ranks = device_.template make<uint32_t>(padded);
    weights_ = device_.template make<float>(padded * corners_);
    auto features = device_.upload(term.features, term.dims * term.stride);
    const auto find = [&](const auto& kernel) { device_.run(padded, kernel); };
    const ElevationConstants constants(term.dims);
    if (term.dims == 2) {
      find(FindSimplex<2>{features.data(), term.stride, points_, padded, constants, cells.data(),
                          ranks.data(), weights_.data()});
    } else {
      find(FindSimplex<5>{features.data(), term.stride, points_, padded, constants, cells.data(),
                          ranks.data(), weights_.data()});
    }
    const VertexPacking packing = pack(cells, padded);
    if (packing.bits <= 62) {
      connect<uint64_t>(packing, cells.data(), ranks.data(), padded);
    } else {
      connect<WideKey>(packing, cells.data(), ranks.data(), padded);
    }
    normalize(term);
  }

  int64_t vertices() const { return vertices_; }
  int corners() const { return corners_; }

  // Filters rows [points, channels] into `rows` again. `values` and `spare` are [vertices, channels].
  void filter(const float* from, int64_t channels, float* values, float* spare, float* to) const {
    device_.run(vertices_ * channels, Splat{first_.data(), slots_.data(), weights_.data(), from, points_,
                                            corners_, channels, values});
    for (const Axis& axis : axes_) {
      device_.run(vertices_ * channels, Blur{axis.before.data(), axis.after.data(), values, channels, spare});
      std::swap(values, spare);
    }
    device_.run(points_ * channels,
                Slice{vertex_.data(), slice_weights_.data(), values, corners_, channels, to});
  }

 private:
  template <typename Value>
  using Array = typename Device::template Array<Value>;
  struct Axis {
    Array<int32_t> before, after;
  };

  VertexPacking pack(const Array<int16_t>& cells, int64_t padded) const {
    VertexPacking packing{};
    packing.corners = static_cast<int>(corners_);
    WideKey size = corners_;
    for (int i = corners_ - 2; i >= 0; --i) {
      int16_t low, high;
      device_.range(cells, i * padded, padded, low, high);
      packing.lowest[i] = low - 2;
      packing.stride[i] = size;
      size *= static_cast<WideKey>(high - low + 4);
    }
    while ((size - 1) >> packing.bits != 0) ++packing.bits;
    return packing;
  }

  template <typename Key>
  void connect(const VertexPacking& packing, const int16_t* cells, const uint32_t* ranks, int64_t padded) {
    const int64_t count = padded * corners_;
    auto keys = device_.template make<Key>(count);
    slots_ = device_.template make<uint32_t>(count);
    device_.run(padded, WriteKeys<Key>{packing, cells, ranks, padded, keys.data(), slots_.data()});
    device_.sort_pairs(keys, slots_, packing.bits);
    auto number = device_.template make<int32_t>(count);
    device_.run(count, MarkVertices<Key>{keys.data(), number.data()});
    device_.running_sum(number);
    int32_t last;
    device_.download(number, count - 1, 1, &last);
    vertices_ = last;
    vertex_ = device_.template make<int32_t>(count);
    first_ = device_.template make<int32_t>(vertices_ + 1);
    auto vertex_keys = device_.template make<Key>(vertices_);
    device_.run(count, NumberVertices<Key>{keys.data(), slots_.data(), number.data(), count, vertex_.data(),
                                           vertex_keys.data(), first_.data()});
    for (int axis = 0; axis < corners_; ++axis) {
      Axis own{device_.template make<int32_t>(vertices_), device_.template make<int32_t>(vertices_)};
      device_.run(vertices_, Fill<int32_t>{own.before.data(), -1});
      device_.run(vertices_, FindNeighbors<Key>{packing, axis, vertex_keys.data(), vertices_,
                                                own.before.data(), own.after.data()});
      axes_.push_back(std::move(own));
    }
  }

  void normalize(const DeviceTerm& term) {
    const auto alpha =
        static_cast<float>(1.0 / (1.0 + 1.0 / static_cast<double>(int64_t{1} << (corners_ - 1))));
    slice_weights_ = device_.template make<float>(points_ * corners_);
    NormalizeWeights kernel{nullptr, term.root, term.before,     term.after,
                            alpha,   corners_,  weights_.data(), slice_weights_.data()};
    if (!term.normalized) return device_.run(points_, kernel);
    auto ones = device_.template make<float>(points_), counts = device_.template make<float>(points_);
    auto values = device_.template make<float>(vertices_), spare = device_.template make<float>(vertices_);
    device_.run(points_, Fill<float>{ones.data(), 1.0f});
    device_.run(points_, NormalizeWeights{nullptr, false, false, false, 1.0f, corners_, weights_.data(),
                                          slice_weights_.data()});
    filter(ones.data(), 1, values.data(), spare.data(), counts.data());
    kernel.counts = counts.data();
    device_.run(points_, kernel);
  }

  const Device& device_;
  int64_t corners_, points_, vertices_ = 0;
  Array<float> weights_, slice_weights_;  // by slot: of the splat, of the slice
  Array<uint32_t> slots_;                 // by vertex, then point
  Array<int32_t> first_, vertex_;
  std::vector<Axis> axes_;
};

}  // namespace stego::crf
