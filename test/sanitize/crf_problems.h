#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crf/dense_crf.h"

// Random problems for the dense CRF: sides from 1 to 40, 1 to 30 labels, rarely more, and parameters as far
// out as they are allowed. All of a problem depends on its number alone.
namespace stego {

struct RandomProblem {
  std::unique_ptr<uint8_t[]>
      pixels;  // as many bytes as there are, so that a sanitizer sees the first one behind
  crf::Problem problem;
  int threads[2];  // to run it with, not the same
};

RandomProblem random_problem(uint64_t number);

// A problem that check() has to refuse, and what is wrong with it.
struct WrongProblem {
  RandomProblem random;
  std::string fault;
};
WrongProblem wrong_problem(uint64_t number);

// In words, for a report.
std::string describe(const crf::Problem& problem);

// Of this machine: every set that choose_kernels() accepts.
const std::vector<Instructions>& available_instructions();

}  // namespace stego
