#pragma once
#include <algorithm>
#include <cstdint>
#include <list>
#include <vector>

#include "crf/kernels/device_lattice.h"

namespace stego::crf {

// A label set as kernels read it: scores on the host, [labels, points], and for each term its energies, one
// factor per label or one row per unit of a label.
struct DeviceSet {
  StartScores::Kind kind;
  int64_t labels;
  const float* scores;
  struct Energies {
    std::vector<float> factors, matrix;  // one of the two is empty
  };
  std::vector<Energies> energies;
};

// Mean-field inference by kernels (mean_field.cpp), one label set after another on common lattices.
template <typename Device>
class DeviceMeanField {
 public:
  DeviceMeanField(const Device& device, int64_t points, const std::vector<DeviceTerm>& terms,
                  const std::vector<DeviceSet>& sets)
      : device_(device), points_(points) {
    int64_t widest = 0, vertices = 0;
    for (const DeviceTerm& term : terms) {
      lattices_.emplace_back(device_, term);
      vertices = std::max(vertices, lattices_.back().vertices());
    }
    for (const DeviceSet& set : sets) {
      widest = std::max(widest, set.labels);
      add(set);
    }
    values_ = device_.template make<float>(vertices * widest);
    spare_ = device_.template make<float>(vertices * widest);
    filtered_ = device_.template make<float>(points_ * widest);
    scores_ = device_.template make<float>(points_ * widest);
  }

  void step(int64_t index) {
    update_scores(index);
    Set& set = sets_[index];
    device_.run(points_, Softmax{scores_.data(), set.labels, set.probabilities.data()});
  }

  // [points, labels]: the current probabilities; minus the unaries and the energies that follow from them.
  void read(int64_t index, float* probabilities) const {
    const Set& set = sets_[index];
    device_.download(set.probabilities, 0, points_ * set.labels, probabilities);
  }
  void read_scores(int64_t index, float* scores) {
    update_scores(index);
    device_.download(scores_, 0, points_ * sets_[index].labels, scores);
  }

  int64_t labels(int64_t index) const { return sets_[index].labels; }
  int64_t sets() const { return static_cast<int64_t>(sets_.size()); }

  std::vector<int64_t> vertices() const {
    std::vector<int64_t> counts;
    for (const auto& lattice : lattices_) counts.push_back(lattice.vertices());
    return counts;
  }

 private:
  void update_scores(int64_t index) {
    const Set& set = sets_[index];
    const int64_t count = points_ * set.labels;
    device_.run(count, Copy<float>{set.start.data(), scores_.data()});
    size_t term = 0;
    for (const auto& lattice : lattices_) {
      const Energies& energies = set.energies[term++];
      lattice.filter(set.probabilities.data(), set.labels, values_.data(), spare_.data(), filtered_.data());
      const bool matrix = energies.matrix_there;
      device_.run(count,
                  SubtractEnergy{filtered_.data(), matrix ? nullptr : energies.values.data(),
                                 matrix ? energies.values.data() : nullptr, set.labels, scores_.data()});
    }
  }

  template <typename Value>
  using Array = typename Device::template Array<Value>;
  struct Energies {
    bool matrix_there;
    Array<float> values;
  };
  struct Set {
    int64_t labels;
    Array<float> start, probabilities;  // [points, labels]
    std::vector<Energies> energies;
  };

  void add(const DeviceSet& given) {
    const int64_t count = points_ * given.labels;
    Set set{given.labels, device_.template make<float>(count), device_.template make<float>(count), {}};
    const auto scores = device_.upload(given.scores, count);
    device_.run(points_, StartScores{given.kind, scores.data(), given.labels, points_, set.start.data()});
    device_.run(points_, Softmax{set.start.data(), given.labels, set.probabilities.data()});
    for (const auto& [factors, matrix] : given.energies) {
      const std::vector<float>& values = matrix.empty() ? factors : matrix;
      set.energies.push_back({!matrix.empty(), device_.upload(values.data(), values.size())});
    }
    sets_.push_back(std::move(set));
  }

  const Device& device_;
  int64_t points_;
  std::list<DeviceLattice<Device>> lattices_;
  std::vector<Set> sets_;
  Array<float> values_, spare_, filtered_, scores_;
};

}  // namespace stego::crf
