#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

#include "crf_problems.h"

// What must hold for the dense CRF. Each check throws Deviation if it does not.
namespace stego {

struct Deviation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The largest differences between probabilities and the oracle's.
struct Agreement {
  double step = 0;        // after one iteration from the same probabilities
  double end = 0;         // after all of them, excluding sensitive label sets
  int64_t sets = 0;       // label sets compared
  int64_t sensitive = 0;  // of these, sets with a larger final difference that rounding alone explains
  int64_t large = 0;      // pixels and iterations whose energies are too large for 1e-4 in float32
  int64_t pixels = 0;     // total pixels and iterations
  void merge(const Agreement& other);
};

// Compares a random problem with the oracle, iteration by iteration and from start to end, to 1e-4: finite
// distributions, labels, divergence, and identical bytes with another number of threads and in a batch.
Agreement check_random(const RandomProblem& random);

// Compares a lattice of random points in 1 to 7 dimensions with the oracle's: same number of vertices, same
// filter.
void check_lattice(uint64_t number);

// Compares a recording of pydensecrf with the native code, under every instruction set, and with the oracle
// after 0, 1, 5 and 10 iterations. Returns the native code's largest probability difference.
double check_recording(const std::string& path);

// Checks that a problem is rejected before any work.
void check_refused(const crf::Problem& problem);

}  // namespace stego
