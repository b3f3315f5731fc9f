#include "crf_checks.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "crf_compare.h"
#include "crf_oracle.h"

namespace stego {

namespace {

// A message of size x is a sum of float32 products and is added to a float32 score. So if a label's energies
// add up to x, its score is only known to a few units of 2^-24 x, in pydensecrf as well as here. Up to x =
// 400, that keeps probabilities within 1e-4; beyond that, this error is the tolerance.
double step_tolerance(double magnitude) {
  return std::max(kTolerance, std::ldexp(magnitude, -22));
}

// A label set on its way through the iterations.
struct Course {
  int64_t labels;
  std::vector<double> start;     // minus the energies
  std::vector<double> native;    // the native code's probabilities
  std::vector<double> expected;  // the oracle's, which runs independently from the start
};

Course begin_course(const crf::LabelScores& scores) {
  const int64_t labels = scores.values.size(0);
  Course course{labels, oracle::DenseCrf::start(scores), {}, {}};
  course.expected = oracle::softmax(course.start, labels);
  return course;
}

// The native code's probabilities one iteration after `course.native`, which they replace.
void check_step(const oracle::DenseCrf& plain, Course& course, std::vector<double> computed,
                Agreement& agreement) {
  const oracle::Iteration step = plain.iterate(course.start, course.native, course.labels);
  for (size_t i = 0; i < computed.size(); ++i) {
    const double difference = std::abs(computed[i] - step.probabilities[i]);
    const double magnitude = step.magnitude[i / course.labels], tolerance = step_tolerance(magnitude);
    expect(difference <= tolerance, "is off by ", difference,
           " after one iteration, where energies add up to ", magnitude);
    if (tolerance <= kTolerance) agreement.step = std::max(agreement.step, difference);
  }
  agreement.pixels += static_cast<int64_t>(step.magnitude.size());
  for (const double magnitude : step.magnitude) agreement.large += step_tolerance(magnitude) > kTolerance;
  course.native = std::move(computed);
  course.expected = plain.iterate(course.start, course.expected, course.labels).probabilities;
}

// How far the oracle's probabilities move when every message is perturbed by as much as rounding could.
double sensitivity(const oracle::DenseCrf& plain, const Course& course, int64_t iterations) {
  constexpr double kDisturbance = 0x1p-21;
  constexpr uint64_t kCourses = 64;  // a pixel on the edge between two labels flips in only some of them
  double largest = 0;
  for (uint64_t seed = 1; seed <= kCourses; ++seed) {
    std::vector<double> moved = oracle::softmax(course.start, course.labels);
    for (int64_t i = 0; i < iterations; ++i) {
      moved = plain.iterate(course.start, moved, course.labels, kDisturbance, seed).probabilities;
    }
    largest = std::max(largest, largest_difference(moved, course.expected));
  }
  return largest;
}

// Iterations can amplify a difference without bound if labels repel each other strongly or two of them are
// nearly equal. So any difference beyond the tolerance must be one that rounding alone explains.
void check_end(const oracle::DenseCrf& plain, const Course& course, int64_t iterations,
               Agreement& agreement) {
  ++agreement.sets;
  const double difference = largest_difference(course.native, course.expected);
  if (difference <= kTolerance) {
    agreement.end = std::max(agreement.end, difference);
    return;
  }
  const double movement = sensitivity(plain, course, iterations);
  expect(difference <= 4 * movement, "is off by ", difference, " in the end, where rounding explains only ",
         movement);
  ++agreement.sensitive;
}

void check_divergence(const oracle::DenseCrf& plain, const Course& course, double computed) {
  const auto [value, magnitude] = plain.divergence(course.start, course.native, course.labels);
  expect(std::abs(computed - value) <= 1e-4 * magnitude, "has a divergence of ", computed, " instead of ",
         value);
}

bool same_bytes(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0;
}

void check_refined(const crf::Refined& refined, const at::Tensor& probabilities, const Course& course) {
  expect(same_bytes(refined.probabilities, probabilities), "has other bytes with another number of threads");
  const auto* label = refined.labels.const_data_ptr<uint8_t>();
  for (int64_t p = 0; p < refined.labels.numel(); ++p) {
    const auto row = course.native.begin() + p * course.labels;
    expect(std::max_element(row, row + course.labels) - row == label[p], "has a label that is not a maximum");
  }
}

// Checks that starting on a problem in this way fails with the error meant for the caller.
template <typename Start>
void expect_refusal(const char* way, const Start& start) {
  try {
    start();
  } catch (const Error& error) {
    expect(error.code() == "ERR_STEGO_ARGUMENT", way, " refused it with ", error.code());
    return;
  }
  throw Deviation(text(way, " did not refuse it"));
}

}  // namespace

void Agreement::merge(const Agreement& other) {
  step = std::max(step, other.step);
  end = std::max(end, other.end);
  sets += other.sets;
  sensitive += other.sensitive;
  large += other.large;
  pixels += other.pixels;
}

Agreement check_random(const RandomProblem& random) {
  const crf::Problem& problem = random.problem;
  const CancelFlag cancel;
  const oracle::DenseCrf plain(problem.image, problem.options.terms);
  Agreement agreement;
  std::vector<Course> courses;
  for (const crf::LabelScores& scores : problem.scores) courses.push_back(begin_course(scores));

  at::set_num_threads(random.threads[0]);
  const std::unique_ptr<crf::MeanField> field = crf::begin(problem, cancel);
  for (int64_t iteration = 0; iteration <= problem.options.iterations; ++iteration) {
    if (iteration > 0) crf::iterate(*field, 1, cancel);
    for (size_t set = 0; set < courses.size(); ++set) {
      Course& course = courses[set];
      std::vector<double> computed = rows_of(field->probabilities(static_cast<int64_t>(set)));
      expect_distributions(computed, course.labels);
      if (iteration > 0) {
        check_step(plain, course, std::move(computed), agreement);
        continue;
      }
      const double difference = largest_difference(computed, course.expected);
      expect(difference <= kTolerance, "is off by ", difference, " at the start");
      course.native = std::move(computed);
    }
  }

  at::set_num_threads(random.threads[1]);
  const auto results = crf::refine({problem, problem}, {true, true}, cancel);
  for (size_t set = 0; set < courses.size(); ++set) {
    const auto index = static_cast<int64_t>(set);
    for (const auto& refined : results)
      check_refined(refined[set], field->probabilities(index), courses[set]);
    check_divergence(plain, courses[set], field->divergence(index));
    check_end(plain, courses[set], problem.options.iterations, agreement);
  }
  return agreement;
}

void check_refused(const crf::Problem& problem) {
  const CancelFlag cancel;
  expect_refusal("check()", [&] { crf::check(problem); });
  expect_refusal("begin()", [&] { crf::begin(problem, cancel); });
  expect_refusal("refine()", [&] { crf::refine({problem}, {true, true}, cancel); });
}

}  // namespace stego
