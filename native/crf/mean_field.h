#pragma once
#include <memory>
#include <vector>

#include "core/aten.h"
#include "crf/filter.h"

namespace stego::crf {

// What a picture's labels start from, float32 [labels, height, width].
struct LabelScores {
  ScoreKind kind;
  at::Tensor values;
};

// Channels of a row that holds these label sets side by side, each padded; at most kMaxChannels fit.
int64_t row_channels(const std::vector<LabelScores>& scores);

// How unlike labels repel each other in one kernel: one weight (Potts; attractive where positive), the energy
// of each label [labels], or of each pair of labels [labels, labels], symmetrised when it is used.
struct Compatibility {
  std::vector<float> values;
};

// A filter and what its messages are worth.
struct Pairwise {
  std::shared_ptr<const Filter> filter;
  Compatibility compatibility;
};

// Mean-field inference in a fully connected CRF (Kraehenbuehl and Koltun, 2011;
// docs/dense-crf-algorithm.md#mean-field), for one or several label sets of the same picture at once: their
// channels go through the same filters side by side. Nothing is allocated while iterating.
class MeanField {
 public:
  // The sets' rows stand side by side, which row_channels() must find room for. Starts from softmax(-unary).
  MeanField(const std::vector<LabelScores>& scores, const std::vector<Pairwise>& pairwise,
            Instructions instructions);

  // One iteration: probabilities = softmax(-unary - sum of the filters' messages).
  void step();

  at::Tensor probabilities(int64_t set) const;  // float32 [labels, height, width]
  at::Tensor labels(int64_t set) const;         // uint8 [height, width], the first maximum
  // KL divergence of the present probabilities from the CRF's distribution, up to a constant. Filters once.
  double divergence(int64_t set);

  int64_t sets() const { return static_cast<int64_t>(sets_.size()); }
  std::vector<int64_t> vertices() const;  // of each kernel's lattice
  int64_t bytes() const;                  // lattices included

 private:
  struct Set {
    int64_t labels, first, channels;               // columns [first, first + channels) of a row
    std::vector<Buffer<float>> factors, matrices;  // of each pairwise; one of the two is empty
  };
  struct Kernel {
    std::shared_ptr<const Filter> filter;
    Buffer<float> values;  // [vertices, channels]
  };

  void place_sets(const std::vector<LabelScores>& scores);
  void load(const Set& set, const LabelScores& scores);
  void prepare_tasks();
  void spread();
  void update();

  const Kernels& kernels_;
  std::vector<Set> sets_;
  std::vector<Kernel> pairwise_;
  int64_t height_, width_, pixels_, channels_ = 0;
  Buffer<float> start_;               // [pixels, channels], minus the unaries
  Buffer<float> probabilities_;       // [pixels, channels], 0 in padding
  std::vector<SliceSource> sources_;  // of each set and kernel
  std::vector<UpdateTask> tasks_;     // of each set
};

}  // namespace stego::crf
