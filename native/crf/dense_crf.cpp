#include "crf/dense_crf.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "core/describe.h"
#include "core/error.h"
#include "crf/fast/fused_mean_field.h"
#include "crf/fast/kernels.h"
#include "crf/pixel_features.h"

namespace stego::crf {

namespace {

constexpr int64_t kMaxLabels = 256;  // a label is a byte
constexpr float kLargestWeight = 1e6f;

void check_scores(const LabelScores& scores, const ImageView& image) {
  const at::Tensor& values = scores.values;
  require(values.dim() == 3 && values.scalar_type() == at::kFloat,
          "Expected float32 scores [labels, height, width], got ", described(values), ".");
  require(values.size(0) >= 1 && values.size(0) <= kMaxLabels, "Expected between 1 and ", kMaxLabels,
          " labels, got ", values.size(0), ".");
  require(values.size(1) == image.height && values.size(2) == image.width, "Expected scores of the image's ",
          image.width, " x ", image.height, " pixels, got ", values.size(2), " x ", values.size(1), ".");
  // A sum is finite only if every term is; in double it cannot overflow.
  const bool finite = std::isfinite(values.sum(at::kDouble).item<double>());
  require(finite, "Expected finite scores, got NaN or infinity.");
  if (scores.kind != ScoreKind::probabilities) return;
  const bool in_range = values.min().item<float>() >= -1e-3f && values.max().item<float>() <= 1 + 1e-3f;
  require(in_range,
          "Expected probabilities between 0 and 1, got values outside that range. Pass logits as logits.");
}

void check_compatibility(const Compatibility& compatibility, int64_t labels) {
  const auto size = static_cast<int64_t>(compatibility.values.size());
  require(size == 1 || size == labels || size == labels * labels, "Expected a compatibility of 1, ", labels,
          " or ", labels * labels, " values for ", labels, " labels, got ", size, ".");
  for (const float value : compatibility.values) {
    require(std::abs(value) <= kLargestWeight, "Expected weights between -", kLargestWeight, " and ",
            kLargestWeight, ", got ", value, ".");
  }
}

}  // namespace

Options stego_options() {
  return {{{{{1, 1}, std::nullopt}, {{3}}}, {{{67, 67}, {{3, 3, 3}}}, {{4}}}}, 10, Instructions::automatic};
}

void check(const Problem& problem) {
  const ImageView& image = problem.image;
  const Options& options = problem.options;
  require(image.channels == 3, "Expected an image with 3 channels, got ", image.channels, ".");
  require(!problem.scores.empty(), "Expected scores for at least one set of labels, got none.");
  require(options.iterations >= 0, "Expected a non-negative number of iterations, got ", options.iterations,
          ".");
  check_size(image.height, image.width);
  for (const LabelScores& scores : problem.scores) check_scores(scores, image);
  const int64_t channels = row_channels(problem.scores);
  require(channels <= kMaxChannels, "Expected label sets with at most ", kMaxChannels,
          " channels in total, padding included, got ", channels, ". Refine fewer sets at once.");
  for (const Term& term : options.terms) {
    check_filter(term.filter, image.height, image.width);
    for (const LabelScores& scores : problem.scores) {
      check_compatibility(term.compatibility, scores.values.size(0));
    }
  }
}

std::unique_ptr<MeanField> begin(const Problem& problem, const CancelFlag& cancel) {
  check(problem);
  return make_mean_field(problem, cancel);
}

void iterate(MeanField& field, int64_t iterations, const CancelFlag& cancel) {
  for (int64_t i = 0; i < iterations; ++i) {
    field.step(cancel);
  }
}

std::vector<std::vector<Refined>> refine(const std::vector<Problem>& problems, Output output,
                                         const CancelFlag& cancel) {
  for (const Problem& problem : problems) check(problem);
  std::vector<std::vector<Refined>> results(problems.size());
  const auto one = [&](int64_t index) {
    const Problem& problem = problems[index];
    const std::unique_ptr<MeanField> field = make_mean_field(problem, cancel);
    iterate(*field, problem.options.iterations, cancel);
    for (int64_t set = 0; set < field->sets(); ++set) {
      results[index].push_back({output.probabilities ? field->probabilities(set) : at::Tensor(),
                                output.labels ? field->labels(set) : at::Tensor()});
    }
  };
  const auto count = static_cast<int64_t>(problems.size()), threads = int64_t{at::get_num_threads()};
  // On a device each problem has all of it; on the host, a thread.
  const bool on_host = problems.empty() || problems.front().scores.front().values.device().is_cpu();
  const int64_t together = on_host ? count / threads * threads : 0;
  at::parallel_for(0, together, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) one(i);
  });
  for (int64_t i = together; i < count; ++i) one(i);
  return results;
}

}  // namespace stego::crf
