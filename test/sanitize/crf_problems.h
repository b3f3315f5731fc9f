#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crf/dense_crf.h"

// Random problems for the dense CRF: sides from 1 to 40, 1 to 30 labels (rarely more), and parameters out to
// their limits. A problem depends only on its number.
namespace stego {

struct RandomProblem {
  std::unique_ptr<uint8_t[]> pixels;  // exactly sized, so that a sanitizer sees a read past the end
  crf::Problem problem;
  int threads[2];  // two different thread counts to run it with
};

RandomProblem random_problem(uint64_t number);

// A problem that check() must reject, and what is wrong with it.
struct WrongProblem {
  RandomProblem random;
  std::string fault;
};
WrongProblem wrong_problem(uint64_t number);

// A description for reports.
std::string describe(const crf::Problem& problem);

// The instruction sets of this machine: every one that choose_kernels() accepts.
const std::vector<Instructions>& available_instructions();

}  // namespace stego
