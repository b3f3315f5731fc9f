// stego_sanitize <folder of recordings> <problems> [first problem]: runs the dense CRF on recordings of
// pydensecrf and on random problems, compares it with the oracle, and checks that it rejects bad problems;
// runs the other kernels on random values. The sanitizers it is compiled with find memory and arithmetic
// errors.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "crf_checks.h"
#include "kernel_checks.h"

#define STEGO_FOUND_BY_SANITIZERS extern "C" __attribute__((visibility("default"), used))

// Fills memory with bytes that read as NaN or as the index -1, so that using a value before it is written
// shows in the result.
STEGO_FOUND_BY_SANITIZERS const char* __asan_default_options() {
  return "malloc_fill_byte=255:max_malloc_fill_size=1073741824:detect_stack_use_after_return=1";
}
STEGO_FOUND_BY_SANITIZERS const char* __ubsan_default_options() {
  return "print_stacktrace=1";
}

namespace {

using namespace stego;

constexpr int kMostReported = 20;

// Counts failures and reports the first few.
class Failures {
 public:
  // Runs a check; `what` names its subject.
  template <typename What, typename Check>
  void guard(const What& what, const Check& check) {
    try {
      check();
    } catch (const std::exception& error) {
      if (count_++ < kMostReported) std::printf("FAILED %s\n  %s\n", what().c_str(), error.what());
    }
  }
  int64_t count() const { return count_; }

 private:
  int64_t count_ = 0;
};

void run_recordings(const std::string& folder, Failures& failures) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  require(!paths.empty(), "Expected recordings in ", folder, ", got none.");
  double largest = 0;
  for (const std::string& path : paths) {
    failures.guard([&] { return path; }, [&] { largest = std::max(largest, check_recording(path)); });
  }
  std::printf("%zu recordings: largest difference %.1e\n", paths.size(), largest);
}

void run_random(uint64_t first, uint64_t count, Failures& failures) {
  Agreement all;
  for (uint64_t number = first; number < first + count; ++number) {
    const RandomProblem random = random_problem(number);
    const auto what = [&] { return text("problem ", number, ": ", describe(random.problem)); };
    failures.guard(what, [&] { all.merge(check_random(random)); });
  }
  std::printf("%lu random problems from %lu, %ld label sets\n", count, first, all.sets);
  std::printf("  largest difference after one iteration %.1e, after all %.1e\n", all.step, all.end);
  std::printf("  %ld label sets differ by more than 1e-4 after all, as much as rounding alone moves them\n",
              all.sensitive);
  std::printf("  %ld of %ld rows have energies too large for 1e-4 in float32\n", all.large, all.pixels);
}

void run_lattices(uint64_t first, uint64_t count, Failures& failures) {
  for (uint64_t number = first; number < first + count; ++number) {
    failures.guard([&] { return text("lattice ", number); }, [&] { check_lattice(number); });
  }
  std::printf("%lu lattices of other points\n", count);
}

void run_kernels(uint64_t first, uint64_t count, Failures& failures) {
  double largest = 0;
  for (uint64_t number = first; number < first + count; ++number) {
    failures.guard([&] { return text("kernels ", number); },
                   [&] { largest = std::max(largest, check_kernels(number)); });
  }
  std::printf("%lu times the kernels of backbone, loss and probe: largest difference %.1e\n", count, largest);
}

void run_wrong(uint64_t first, uint64_t count, Failures& failures) {
  for (uint64_t number = first; number < first + count; ++number) {
    const WrongProblem wrong = wrong_problem(number);
    const auto what = [&] { return text("wrong problem ", number, ": ", wrong.fault); };
    failures.guard(what, [&] { check_refused(wrong.random.problem); });
  }
  std::printf("%lu wrong problems offered\n", count);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: stego_sanitize <folder of recordings> <problems> [first problem]\n");
    return 2;
  }
  try {
    const uint64_t count = std::stoull(argv[2]), first = argc > 3 ? std::stoull(argv[3]) : 0;
    Failures failures;
    run_recordings(argv[1], failures);
    run_random(first, count, failures);
    run_lattices(first, count, failures);
    run_wrong(first, count, failures);
    run_kernels(first, count, failures);
    std::printf("%s: %ld failed\n", failures.count() == 0 ? "clean" : "NOT CLEAN", failures.count());
    return failures.count() == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
