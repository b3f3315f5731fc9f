#include <algorithm>
#include <cmath>

#include "crf/fast/filter.h"
#include "crf_checks.h"
#include "crf_compare.h"
#include "lattice_oracle.h"
#include "random.h"

namespace stego {

namespace {

constexpr int64_t kChannels = 4;

// Points anywhere in a box that 16-bit lattice coordinates can reach, sometimes on a grid, so that some of
// them lie where simplices meet.
std::vector<oracle::Point> random_points(Random& random, int dims) {
  double largest[oracle::kMostDims];
  for (int i = 0; i < dims; ++i) largest[i] = random.scale_between(1e-3, 1e4);
  while (crf::key_bound(largest, dims) > 32000) {
    for (int i = 0; i < dims; ++i) largest[i] *= 0.9;
  }
  const int64_t steps = random.one_in(3) ? random.between(1, 8) : 0;  // of the grid
  const bool whole = random.one_in(4);
  std::vector<oracle::Point> points(random.between(1, 700));
  for (oracle::Point& point : points) {
    point = {};
    for (int i = 0; i < dims; ++i) {
      const double share = steps > 0
                               ? static_cast<double>(random.between(0, steps)) / static_cast<double>(steps)
                               : random.unit();
      point[i] = static_cast<float>(whole ? std::floor(share * largest[i]) : share * largest[i]);
    }
  }
  return points;
}

// The slice, as in a mean-field update, but for one channel and without normalization.
std::vector<double> slice(const crf::Lattice& lattice, const crf::Buffer<float>& values) {
  const double alpha = 1 / (1 + std::ldexp(1.0, 1 - lattice.corners));
  std::vector<double> result(lattice.points * kChannels);
  for (int64_t place = 0; place < lattice.points * lattice.corners; ++place) {
    for (int64_t c = 0; c < kChannels; ++c) {
      const double value = values[lattice.slice_vertex[place] * kChannels + c];
      result[place / lattice.corners * kChannels + c] += alpha * lattice.slice_weight[place] * value;
    }
  }
  return result;
}

}  // namespace

void check_lattice(uint64_t number) {
  Random random(number);
  const int dims = static_cast<int>(random.between(1, oracle::kMostDims));
  const std::vector<oracle::Point> points = random_points(random, dims);
  const auto count = static_cast<int64_t>(points.size());
  crf::Features features(dims, count);
  for (int64_t p = 0; p < count; ++p) {
    for (int i = 0; i < dims; ++i) features.row(i)[p] = points[p][i];
  }
  crf::Buffer<float> rows(count * kChannels);
  for (int64_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(random.unit());

  const crf::Filter filter{crf::build_lattice(features, {})};
  crf::Buffer<float> values(filter.lattice.vertices * kChannels);
  filter.spread(rows.data(), values.data(), kChannels, crf::choose_kernels(Instructions::automatic), {});
  const std::vector<double> computed = slice(filter.lattice, values);

  const oracle::Lattice plain(points, dims);
  expect(filter.lattice.vertices == plain.vertices(), "has ", filter.lattice.vertices, " vertices in ", dims,
         " dimensions instead of ", plain.vertices());
  const auto expected = plain.filter({rows.data(), rows.data() + rows.size()}, kChannels);
  for (size_t i = 0; i < expected.size(); ++i) {
    expect(std::abs(computed[i] - expected[i]) <= kTolerance * std::abs(expected[i]), "filters to ",
           computed[i], " in ", dims, " dimensions instead of ", expected[i]);
  }
}

}  // namespace stego
