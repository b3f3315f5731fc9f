#pragma once
#include <cstdint>
#include <vector>

#include "crf/dense_crf.h"
#include "lattice_oracle.h"

// The dense CRF a second time, in plain loops that share no code with native/crf but the types that describe
// a problem: docs/dense-crf-algorithm.md, steps 1, 11 and 12, in doubles, on the lattice of lattice_oracle.h.
// For correctness only.
namespace stego::oracle {

// One kernel with its normalization.
class Filter {
 public:
  Filter(const ImageView& image, const crf::FilterOptions& options);

  // Filters rows [pixels, channels].
  std::vector<double> operator()(const std::vector<double>& rows, int64_t channels) const;

 private:
  Lattice lattice_;
  std::vector<double> before_, after_;  // [pixels], what rows are multiplied by
};

// What an iteration comes to.
struct Iteration {
  std::vector<double> probabilities;  // [pixels, labels]
  // [pixels]: what the energies of a label add up to, signs aside; the most of those labels whose probability
  // depends on it, 0 where one label has it all.
  std::vector<double> magnitude;
};

// Mean field, step 12, of one label set.
class DenseCrf {
 public:
  DenseCrf(const ImageView& image, const std::vector<crf::Term>& terms);

  // Minus the energies of a label set, [pixels, labels].
  static std::vector<double> start(const crf::LabelScores& scores);

  // softmax(start - messages). A `disturbance` d multiplies every message by a number from 1 - d to 1 + d,
  // the same ones for the same seed: by it one sees how much rounding can matter to a problem.
  Iteration iterate(const std::vector<double>& start, const std::vector<double>& probabilities,
                    int64_t labels, double disturbance = 0, uint64_t seed = 0) const;

  // The KL divergence, and the sum of its terms' magnitudes.
  struct Divergence {
    double value, magnitude;
  };
  Divergence divergence(const std::vector<double>& start, const std::vector<double>& probabilities,
                        int64_t labels) const;

 private:
  struct Kernel {
    Filter filter;
    crf::Compatibility compatibility;
  };
  std::vector<Kernel> kernels_;
};

std::vector<double> softmax(const std::vector<double>& scores, int64_t labels);  // of rows

}  // namespace stego::oracle
