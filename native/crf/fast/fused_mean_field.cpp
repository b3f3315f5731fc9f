#include "crf/fast/fused_mean_field.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "crf/fast/filter.h"

namespace stego::crf {

namespace {

constexpr int64_t kBlock = 512;       // pixels per turn of a set, so that their indices stay close
constexpr int64_t kLoaded = 1 << 16;  // pixels loaded together
constexpr int64_t kTransposed = 64;   // pixels transposed together

// Padded energies of a label set: [channels], or [channels, channels] with row m for a unit of label m.
Buffer<float> pad_factors(const Compatibility& compatibility, int64_t labels, int64_t channels) {
  Buffer<float> factors(channels);
  std::fill_n(factors.data(), channels, 0.0f);
  const std::vector<float>& values = compatibility.values;
  for (int64_t l = 0; l < labels; ++l) factors[l] = values.size() == 1 ? -values[0] : values[l];
  return factors;
}

Buffer<float> pad_matrix(const Compatibility& compatibility, int64_t labels, int64_t channels) {
  Buffer<float> matrix(channels * channels);
  std::fill_n(matrix.data(), channels * channels, 0.0f);
  const std::vector<float>& values = compatibility.values;
  for (int64_t m = 0; m < labels; ++m) {
    for (int64_t l = 0; l < labels; ++l) {
      matrix[m * channels + l] = 0.5f * (values[l * labels + m] + values[m * labels + l]);
    }
  }
  return matrix;
}

// The padding of the sets in a row, chosen so that every set begins where the widest vectors can be loaded.
int64_t common_lanes(const std::vector<LabelScores>& scores) {
  int64_t lanes = 4;
  for (const auto& [kind, values] : scores) {
    lanes = std::max(lanes, std::min<int64_t>(16, padded_channels(values.size(0))));
  }
  return lanes;
}

int64_t set_channels(int64_t labels, int64_t lanes) {
  return (labels + lanes - 1) / lanes * lanes;
}

bool is_matrix(const Compatibility& compatibility, int64_t labels) {
  const auto size = static_cast<int64_t>(compatibility.values.size());
  require(size == 1 || size == labels || size == labels * labels, "Expected a compatibility of 1, ", labels,
          " or ", labels * labels, " values for ", labels, " labels, got ", size, ".");
  return size == labels * labels && size != 1 && size != labels;
}

// A filter and the weights of its messages.
struct Pairwise {
  std::shared_ptr<const Filter> filter;
  Compatibility compatibility;
};

class FusedMeanField : public MeanField {
 public:
  FusedMeanField(const std::vector<LabelScores>& scores, const std::vector<Pairwise>& pairwise,
                 Instructions instructions, const CancelFlag& cancel);

  void step(const CancelFlag& cancel) override;
  at::Tensor probabilities(int64_t set) const override;
  at::Tensor labels(int64_t set) const override;
  double divergence(int64_t set) override;
  int64_t sets() const override { return static_cast<int64_t>(sets_.size()); }
  std::vector<int64_t> vertices() const override;
  int64_t bytes() const override;

 private:
  struct Set {
    int64_t labels, first, channels;               // columns [first, first + channels) of a row
    std::vector<Buffer<float>> factors, matrices;  // for each pairwise term; one of the two is empty
  };
  struct Kernel {
    std::shared_ptr<const Filter> filter;
    Buffer<float> values;  // [vertices, channels]
  };

  void place_sets(const std::vector<LabelScores>& scores);
  void load(const Set& set, const LabelScores& scores, const CancelFlag& cancel);
  void prepare_tasks();
  void spread(const CancelFlag& cancel);
  void update(const CancelFlag& cancel);

  const Kernels& kernels_;
  std::vector<Set> sets_;
  std::vector<Kernel> pairwise_;
  int64_t height_, width_, pixels_, channels_ = 0;
  Buffer<float> start_;               // [pixels, channels], minus the unaries
  Buffer<float> probabilities_;       // [pixels, channels], 0 in padding
  std::vector<SliceSource> sources_;  // for each set and kernel
  std::vector<UpdateTask> tasks_;     // for each set
};

FusedMeanField::FusedMeanField(const std::vector<LabelScores>& scores, const std::vector<Pairwise>& pairwise,
                               Instructions instructions, const CancelFlag& cancel)
    : kernels_(choose_kernels(instructions)),
      height_(scores.at(0).values.size(1)),
      width_(scores.at(0).values.size(2)),
      pixels_(height_ * width_) {
  place_sets(scores);
  for (Set& set : sets_) {
    for (const Pairwise& each : pairwise) {
      const bool matrix = is_matrix(each.compatibility, set.labels);
      set.factors.push_back(matrix ? Buffer<float>()
                                   : pad_factors(each.compatibility, set.labels, set.channels));
      set.matrices.push_back(matrix ? pad_matrix(each.compatibility, set.labels, set.channels)
                                    : Buffer<float>());
    }
  }
  start_ = Buffer<float>(pixels_ * channels_);
  probabilities_ = Buffer<float>(pixels_ * channels_);
  std::fill_n(probabilities_.data(), probabilities_.size(), 0.0f);
  for (size_t s = 0; s < sets_.size(); ++s) load(sets_[s], scores[s], cancel);
  for (const Pairwise& each : pairwise) {
    pairwise_.push_back({each.filter, Buffer<float>(each.filter->lattice.vertices * channels_)});
  }
  prepare_tasks();
  update(cancel);
  for (UpdateTask& task : tasks_) task.count = static_cast<int>(pairwise_.size());
}

void FusedMeanField::place_sets(const std::vector<LabelScores>& scores) {
  const int64_t lanes = common_lanes(scores);
  for (const auto& [kind, values] : scores) {
    const int64_t labels = values.size(0), channels = set_channels(labels, lanes);
    sets_.push_back({labels, channels_, channels, {}, {}});
    channels_ += channels;
  }
  channels_ = padded_channels(channels_);
}

void FusedMeanField::load(const Set& set, const LabelScores& scores, const CancelFlag& cancel) {
  const at::Tensor values = scores.values.contiguous();
  const StartTask task{scores.kind,
                       values.const_data_ptr<float>(),
                       set.labels,
                       pixels_,
                       {start_.data() + set.first, channels_, set.channels}};
  at::parallel_for(0, pixels_, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block += kLoaded) {
      cancel.poll();
      kernels_.start(task, block, std::min(end, block + kLoaded));
    }
  });
}

void FusedMeanField::prepare_tasks() {
  for (const Set& set : sets_) {
    for (size_t k = 0; k < pairwise_.size(); ++k) {
      const Lattice& lattice = pairwise_[k].filter->lattice;
      sources_.push_back({lattice.corners, lattice.slice_vertex.data(), lattice.slice_weight.data(),
                          pairwise_[k].values.data() + set.first, set.factors[k].data(),
                          set.matrices[k].data()});
    }
  }
  for (size_t s = 0; s < sets_.size(); ++s) {
    const Set& set = sets_[s];
    tasks_.push_back({sources_.data() + s * pairwise_.size(),
                      0,
                      {start_.data() + set.first, channels_, set.channels},
                      probabilities_.data() + set.first});
  }
}

void FusedMeanField::spread(const CancelFlag& cancel) {
  for (Kernel& kernel : pairwise_) {
    kernel.filter->spread(probabilities_.data(), kernel.values.data(), channels_, kernels_, cancel);
  }
}

void FusedMeanField::update(const CancelFlag& cancel) {
  at::parallel_for(0, (pixels_ + kBlock - 1) / kBlock, 8, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      cancel.poll();
      for (const UpdateTask& task : tasks_) {
        kernels_.update(task, block * kBlock, std::min(pixels_, (block + 1) * kBlock));
      }
    }
  });
}

void FusedMeanField::step(const CancelFlag& cancel) {
  spread(cancel);
  update(cancel);
}

at::Tensor FusedMeanField::probabilities(int64_t index) const {
  const Set& set = sets_.at(index);
  at::Tensor result = at::empty({set.labels, height_, width_}, at::kFloat);
  float* target = result.mutable_data_ptr<float>();
  at::parallel_for(0, pixels_, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block += kTransposed) {
      const int64_t stop = std::min(end, block + kTransposed);
      for (int64_t l = 0; l < set.labels; ++l) {
        for (int64_t p = block; p < stop; ++p) {
          target[l * pixels_ + p] = probabilities_[p * channels_ + set.first + l];
        }
      }
    }
  });
  return result;
}

at::Tensor FusedMeanField::labels(int64_t index) const {
  const Set& set = sets_.at(index);
  at::Tensor result = at::empty({height_, width_}, at::kByte);
  uint8_t* target = result.mutable_data_ptr<uint8_t>();
  at::parallel_for(0, pixels_, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const float* row = probabilities_.data() + p * channels_ + set.first;
      target[p] = static_cast<uint8_t>(std::max_element(row, row + set.labels) - row);
    }
  });
  return result;
}

double FusedMeanField::divergence(int64_t index) {
  spread({});
  const Set& set = sets_.at(index);
  double total = 0;
  std::vector<float> filtered(set.labels);
  for (int64_t p = 0; p < pixels_; ++p) {
    const float* row = probabilities_.data() + p * channels_ + set.first;
    const float* start = start_.data() + p * channels_ + set.first;
    for (int64_t l = 0; l < set.labels; ++l) {
      total += row[l] * (std::log(std::max(row[l], 1e-20f)) - static_cast<double>(start[l]));
    }
    for (size_t k = 0; k < pairwise_.size(); ++k) {
      const SliceSource& from = sources_[index * pairwise_.size() + k];
      std::fill(filtered.begin(), filtered.end(), 0.0f);
      for (int q = 0; q < from.corners; ++q) {
        const int64_t place = p * from.corners + q;
        const float* values = from.values + from.vertex[place] * channels_;
        for (int64_t l = 0; l < set.labels; ++l) filtered[l] += from.weight[place] * values[l];
      }
      for (int64_t l = 0; l < set.labels; ++l) {
        double energy = 0;
        if (from.factor) energy = from.factor[l] * static_cast<double>(filtered[l]);
        for (int64_t m = 0; from.matrix && m < set.labels; ++m) {
          energy += from.matrix[m * set.channels + l] * static_cast<double>(filtered[m]);
        }
        total += row[l] * energy;
      }
    }
  }
  return total;
}

std::vector<int64_t> FusedMeanField::vertices() const {
  std::vector<int64_t> counts;
  for (const Kernel& kernel : pairwise_) counts.push_back(kernel.filter->lattice.vertices);
  return counts;
}

int64_t FusedMeanField::bytes() const {
  int64_t total = start_.bytes() + probabilities_.bytes();
  for (const Kernel& kernel : pairwise_) total += kernel.values.bytes() + kernel.filter->lattice.bytes();
  return total;
}

}  // namespace

int64_t row_channels(const std::vector<LabelScores>& scores) {
  const int64_t lanes = common_lanes(scores);
  int64_t channels = 0;
  for (const auto& [kind, values] : scores) channels += set_channels(values.size(0), lanes);
  return padded_channels(channels);
}

std::unique_ptr<MeanField> fuse_mean_field(const Problem& problem, const CancelFlag& cancel) {
  std::vector<Pairwise> pairwise;
  for (const Term& term : problem.options.terms) {
    pairwise.push_back({make_filter(problem.image, term.filter, cancel), term.compatibility});
  }
  return std::make_unique<FusedMeanField>(problem.scores, pairwise, problem.options.instructions, cancel);
}

}  // namespace stego::crf
