#include "lattice_oracle.h"

#include <cmath>
#include <unordered_map>

#include "random.h"

namespace stego::oracle {

namespace {

using Key = std::array<int16_t, kMostDims>;  // stored coordinates of a vertex, 0 after the last

struct Hash {
  size_t operator()(const Key& key) const {
    uint64_t hash = 0;
    for (const int16_t coordinate : key) hash = mix(hash ^ static_cast<uint16_t>(coordinate));
    return hash;
  }
};

using Vertices = std::unordered_map<Key, int32_t, Hash>;

// The simplex of a point: vertex with remainder 0, ranks, barycentric weights.
struct Simplex {
  int base[kMostDims + 1], rank[kMostDims + 1];
  float weight[kMostDims + 2];
};

// Steps 2 to 7, in float32, every operation rounded on its own: this file is compiled without contraction.
Simplex find_simplex(const Point& point, int dims) {
  const auto sigma = static_cast<float>(std::sqrt(2.0 / 3.0) * (dims + 1));
  const auto inverse = static_cast<float>(1.0 / (dims + 1));
  float elevated[kMostDims + 1], sum = 0;
  for (int j = dims; j > 0; --j) {
    const auto scale = static_cast<float>((1.0 / std::sqrt(static_cast<double>(j) * (j + 1))) * sigma);
    const float c = point[j - 1] * scale;
    elevated[j] = sum - static_cast<float>(j) * c;
    sum = sum + c;
  }
  elevated[0] = sum;

  Simplex simplex{};
  int total = 0;
  for (int i = 0; i <= dims; ++i) {
    const int cell = static_cast<int>(std::nearbyint(inverse * elevated[i]));  // half to even
    simplex.base[i] = cell * (dims + 1);
    total += cell;
  }
  const auto distance = [&](int i) { return elevated[i] - static_cast<float>(simplex.base[i]); };
  for (int i = 0; i <= dims; ++i) {
    for (int j = i + 1; j <= dims; ++j) ++simplex.rank[distance(i) < distance(j) ? i : j];
  }
  for (int i = 0; i <= dims; ++i) {
    int& rank = simplex.rank[i];
    rank += total;
    const int turn = rank < 0 ? dims + 1 : rank > dims ? -(dims + 1) : 0;
    rank += turn;
    simplex.base[i] += turn;
  }
  for (int i = 0; i <= dims; ++i) {
    const float t = distance(i) * inverse;
    simplex.weight[dims - simplex.rank[i]] += t;
    simplex.weight[dims - simplex.rank[i] + 1] -= t;
  }
  simplex.weight[0] += 1.0f + simplex.weight[dims + 1];
  return simplex;
}

// Step 8.
Key vertex_key(const Simplex& simplex, int dims, int remainder) {
  Key key{};
  for (int i = 0; i < dims; ++i) {
    const bool low = simplex.rank[i] <= dims - remainder;
    key[i] = static_cast<int16_t>(simplex.base[i] + (low ? remainder : remainder - (dims + 1)));
  }
  return key;
}

// Step 9: the neighbor before (direction -1) or after (1) along an axis, or -1.
int32_t find_neighbor(const Vertices& vertices, Key key, int dims, int axis, int direction) {
  for (int i = 0; i < dims; ++i) {
    key[i] = static_cast<int16_t>(key[i] + (i == axis ? -direction * dims : direction));
  }
  const auto found = vertices.find(key);
  return found == vertices.end() ? -1 : found->second;
}

}  // namespace

Lattice::Lattice(std::vector<Point> points, int dims)
    : dims_(dims), points_(static_cast<int64_t>(points.size())) {
  points.resize((points.size() + 3) / 4 * 4);  // only the vertices of the added points count
  Vertices vertices;
  for (const Point& point : points) {
    const Simplex simplex = find_simplex(point, dims);
    for (int q = 0; q <= dims; ++q) {
      const auto number = static_cast<int32_t>(vertices.size());
      const int32_t vertex = vertices.try_emplace(vertex_key(simplex, dims, q), number).first->second;
      corners_.push_back({vertex, simplex.weight[q]});
    }
  }
  vertices_ = static_cast<int64_t>(vertices.size());
  neighbors_.resize((dims + 1) * vertices_ * 2);
  for (const auto& [key, vertex] : vertices) {
    for (int axis = 0; axis <= dims; ++axis) {
      int32_t* neighbors = neighbors_.data() + (axis * vertices_ + vertex) * 2;
      neighbors[0] = find_neighbor(vertices, key, dims, axis, -1);
      neighbors[1] = find_neighbor(vertices, key, dims, axis, 1);
    }
  }
}

// Step 10.
std::vector<double> Lattice::filter(const std::vector<double>& rows, int64_t channels) const {
  const int corners = dims_ + 1;
  std::vector<double> values(vertices_ * channels), blurred(values.size()), result(points_ * channels);
  for (int64_t p = 0; p < points_; ++p) {
    for (int q = 0; q < corners; ++q) {
      const auto [vertex, weight] = corners_[p * corners + q];
      for (int64_t c = 0; c < channels; ++c) values[vertex * channels + c] += weight * rows[p * channels + c];
    }
  }
  for (int axis = 0; axis < corners; ++axis) {
    for (int64_t v = 0; v < vertices_; ++v) {
      const int32_t* neighbors = neighbors_.data() + (axis * vertices_ + v) * 2;
      for (int64_t c = 0; c < channels; ++c) {
        const double before = neighbors[0] < 0 ? 0 : values[neighbors[0] * channels + c];
        const double after = neighbors[1] < 0 ? 0 : values[neighbors[1] * channels + c];
        blurred[v * channels + c] = values[v * channels + c] + 0.5 * (before + after);
      }
    }
    values.swap(blurred);
  }
  const double alpha = static_cast<float>(1 / (1 + std::ldexp(1.0, -dims_)));
  for (int64_t p = 0; p < points_; ++p) {
    for (int q = 0; q < corners; ++q) {
      const auto [vertex, weight] = corners_[p * corners + q];
      for (int64_t c = 0; c < channels; ++c) {
        result[p * channels + c] += weight * alpha * values[vertex * channels + c];
      }
    }
  }
  return result;
}

}  // namespace stego::oracle
