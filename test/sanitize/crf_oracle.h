#pragma once
#include <cstdint>
#include <vector>

#include "crf/dense_crf.h"
#include "lattice_oracle.h"

// A second implementation of the dense CRF for correctness only, in plain loops that share no code with
// native/crf except the types that describe a problem: docs/dense-crf-algorithm.md, steps 1, 11 and 12, in
// doubles, on the lattice of lattice_oracle.h.
namespace stego::oracle {

// One kernel with its normalization.
class Filter {
 public:
  Filter(const ImageView& image, const crf::FilterOptions& options);

  // Filters rows [pixels, channels].
  std::vector<double> operator()(const std::vector<double>& rows, int64_t channels) const;

 private:
  Lattice lattice_;
  std::vector<double> before_, after_;  // [pixels], factors on the rows
};

// The result of an iteration.
struct Iteration {
  std::vector<double> probabilities;  // [pixels, labels]
  // [pixels]: the sum of a label's absolute energies, maximized over the labels that affect the pixel's
  // probabilities; 0 if one label has all of it.
  std::vector<double> magnitude;
};

// Mean field (step 12) for one label set.
class DenseCrf {
 public:
  DenseCrf(const ImageView& image, const std::vector<crf::Term>& terms);

  // Minus the energies of a label set, [pixels, labels].
  static std::vector<double> start(const crf::LabelScores& scores);

  // softmax(start - messages). A `disturbance` d multiplies every message by a number from 1 - d to 1 + d,
  // reproducible from the seed, to show how much rounding can matter to a problem.
  Iteration iterate(const std::vector<double>& start, const std::vector<double>& probabilities,
                    int64_t labels, double disturbance = 0, uint64_t seed = 0) const;

  // The KL divergence, and the sum of the absolute values of its terms.
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

std::vector<double> softmax(const std::vector<double>& scores, int64_t labels);  // of each row

}  // namespace stego::oracle
