#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

#include "crf_problems.h"

// What has to hold of the dense CRF. Each check throws Deviation where it does not.
namespace stego {

struct Deviation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Largest differences of probabilities from the oracle's.
struct Agreement {
  double step = 0;        // after one iteration from the same probabilities
  double end = 0;         // after all of them, label sets that are sensitive left out
  int64_t sets = 0;       // label sets that were compared
  int64_t sensitive = 0;  // of these, off by more at the end, where rounding alone moves the oracle as far
  int64_t large = 0;      // pixels and iterations whose energies are too large for 1e-4 in float32
  int64_t pixels = 0;     // pixels and iterations in all
  void merge(const Agreement& other);
};

// A random problem beside the oracle, iteration by iteration and from start to end, to 1e-4: finite
// distributions, labels, divergence, and the same bytes with another number of threads and in a batch.
Agreement check_random(const RandomProblem& random);

// A lattice of random points of 1 to 7 dimensions: as many vertices as the oracle's, and the same filter.
void check_lattice(uint64_t number);

// A recording of pydensecrf, beside which native code with every set of instructions and the oracle have to
// come out the same after 0, 1, 5 and 10 iterations. Returns native code's largest difference of a
// probability.
double check_recording(const std::string& path);

// A problem that has to be refused before any work.
void check_refused(const crf::Problem& problem);

}  // namespace stego
