#include "crf_problems.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "core/error.h"
#include "crf/fast/kernels.h"
#include "crf/pixel_features.h"
#include "random.h"

namespace stego {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Smooth, a ramp, noise, one color, two colors in stripes or at random, a few levels.
std::unique_ptr<uint8_t[]> random_pixels(Random& random, int64_t width, int64_t height) {
  auto pixels = std::make_unique<uint8_t[]>(width * height * 3);
  const auto byte = [&] { return static_cast<uint8_t>(random.between(0, 255)); };
  const uint8_t colors[2][3] = {{byte(), byte(), byte()}, {byte(), byte(), byte()}};
  const int64_t kind = random.between(0, 6), period = random.between(1, 9), levels = random.between(2, 5);
  const double wave = random.real(0.02, 1);
  for (int64_t i = 0; i < width * height * 3; ++i) {
    const int64_t x = i / 3 % width, y = i / 3 / width, channel = i % 3;
    switch (kind) {
      case 0:
        pixels[i] = static_cast<uint8_t>(127 + 127 * std::sin(wave * static_cast<double>(x + channel)) *
                                                   std::cos(wave * static_cast<double>(y)));
        break;
      case 1:
        pixels[i] = static_cast<uint8_t>((x * (channel + 1) + y) * 255 / (4 * (width + height)));
        break;
      case 2:
        pixels[i] = byte();
        break;
      case 3:
        pixels[i] = colors[0][channel];
        break;
      case 4:
        pixels[i] = colors[(x + y) / period % 2][channel];
        break;
      case 5:
        pixels[i] = channel == 0 ? colors[random.between(0, 1)][0] : pixels[i - 1];
        break;
      default:
        pixels[i] = static_cast<uint8_t>(random.between(0, levels - 1) * 255 / (levels - 1));
    }
  }
  return pixels;
}

// Scores of any kind: some uniform, some certain of one label, some far beyond what a network outputs.
crf::LabelScores random_scores(Random& random, int64_t labels, int64_t height, int64_t width) {
  using Kind = crf::ScoreKind;
  const Kind kind = random.one_of({Kind::energies, Kind::energies, Kind::probabilities, Kind::logits});
  at::Tensor values = at::empty({labels, height, width}, at::kFloat);
  auto* data = values.mutable_data_ptr<float>();
  const int64_t shape = random.between(0, 5);
  const double spread = shape == 0 ? random.scale_between(1e2, 1e37) : random.scale_between(1e-2, 20);
  const double constant = kind == Kind::probabilities ? random.unit() : random.real(-8, 8);
  for (int64_t i = 0; i < values.numel(); ++i) {
    double value = constant;
    if (kind == Kind::probabilities) {
      if (shape == 0) value = random.one_of({0.0, 1.0, 1e-5, 1e-30, 1.0009, -0.0009});
      if (shape > 1) value = std::pow(random.unit(), spread);
    } else if (shape != 1) {
      value = spread * (shape == 2 ? random.unit() : random.real(-1, 1));
    }
    data[i] = static_cast<float>(value);
  }
  // Occasionally read through strides.
  return {kind, random.one_in(4) ? values.permute({2, 1, 0}).contiguous().permute({2, 1, 0}) : values};
}

// Label counts of a problem's sets: usually one set, sometimes several side by side.
std::vector<int64_t> random_labels(Random& random) {
  std::vector<int64_t> labels{random.between(1, 30)};
  if (random.one_in(4)) labels[0] = random.one_of<int64_t>({1, 2, 4, 5, 8, 9, 16, 17});
  if (!random.one_in(5)) return labels;
  for (int64_t more = random.between(1, 3); more > 0; --more) {
    labels.push_back(random.one_in(2) ? labels[0] : random.between(1, 30));
  }
  return labels;
}

crf::Compatibility random_compatibility(Random& random, const std::vector<int64_t>& labels, double strength) {
  const bool alike = std::all_of(labels.begin(), labels.end(), [&](int64_t l) { return l == labels[0]; });
  const int64_t size = !alike ? 1 : random.one_of({int64_t{1}, int64_t{1}, labels[0], labels[0] * labels[0]});
  crf::Compatibility compatibility;
  const double lowest = size == 1 && random.one_in(2) ? 0 : -strength;
  for (int64_t i = 0; i < size; ++i) {
    compatibility.values.push_back(static_cast<float>(random.real(lowest, strength)));
  }
  return compatibility;
}

crf::Term random_term(Random& random, bool colors, const std::vector<int64_t>& labels, int64_t height,
                      int64_t width) {
  using crf::Normalization;
  crf::Term term;
  term.filter.xy_std = {random.scale_between(0.01, 300), random.scale_between(0.01, 300)};
  if (random.one_in(3)) term.filter.xy_std.fill(random.one_of({1.0, 3.0, 67.0, 0.5, 2.0, 1e30}));
  if (colors) {
    term.filter.color_std = {random.scale_between(0.05, 300), random.scale_between(0.05, 300),
                             random.scale_between(0.05, 300)};
    if (random.one_in(3)) term.filter.color_std->fill(random.one_of({3.0, 13.0, 1.0, 0.1, 1e30}));
  }
  term.filter.normalization =
      random.one_of({Normalization::symmetric, Normalization::symmetric, Normalization::before,
                     Normalization::after, Normalization::none});
  // Without normalization, a message is up to 2^dimensions times the number of similar pixels.
  double strength = random.scale_between(0.1, 20);
  if (term.filter.normalization == Normalization::none) strength *= 0.01;
  if (random.one_in(10)) strength = random.scale_between(1e2, 1e6);
  term.compatibility = random_compatibility(random, labels, strength);
  // Deviations that are too small grow until they are just large enough.
  for (bool fits = false; !fits;) {
    try {
      crf::check_filter(term.filter, height, width);
      fits = true;
    } catch (const Error&) {
      for (double& deviation : term.filter.xy_std) deviation *= 1.3;
      for (int c = 0; c < 3 && colors; ++c) (*term.filter.color_std)[c] *= 1.3;
    }
  }
  return term;
}

// Everything that can be wrong with a problem.
struct Fault {
  const char* name;
  std::function<void(crf::Problem&, Random&)> make;
};

// A copy of one set's scores that can be corrupted.
at::Tensor& spoil_scores(crf::Problem& problem, Random& random) {
  auto& scores = problem.scores[random.between(0, static_cast<int64_t>(problem.scores.size()) - 1)];
  return scores.values = scores.values.contiguous();
}

void put_into_scores(crf::Problem& problem, Random& random, float value) {
  at::Tensor& values = spoil_scores(problem, random);
  values.mutable_data_ptr<float>()[random.between(0, values.numel() - 1)] = value;
}

crf::Term& some_term(crf::Problem& problem, Random& random) {
  if (problem.options.terms.empty()) problem.options.terms = crf::stego_options().terms;
  return problem.options.terms[random.between(0, static_cast<int64_t>(problem.options.terms.size()) - 1)];
}

double& some_deviation(crf::Problem& problem, Random& random) {
  crf::FilterOptions& filter = some_term(problem, random).filter;
  const int64_t index = random.between(0, filter.color_std ? 4 : 1);
  return index < 2 ? filter.xy_std[index] : (*filter.color_std)[index - 2];
}

at::Tensor scores_of(std::initializer_list<int64_t> shape) {
  return at::zeros(shape, at::kFloat);
}

const std::vector<Fault>& faults() {
  using Problem = crf::Problem;
  static const std::vector<Fault> all = {
      {"a score that is not a finite number",
       [](Problem& p, Random& r) { put_into_scores(p, r, r.one_of({kNan, kInfinity, -kInfinity})); }},
      {"infinities of both signs",
       [](Problem& p, Random& r) {
         put_into_scores(p, r, kInfinity);
         put_into_scores(p, r, -kInfinity);
       }},
      {"a probability far from 0 to 1",
       [](Problem& p, Random& r) {
         for (auto& scores : p.scores)
           scores = {crf::ScoreKind::probabilities, at::zeros_like(scores.values)};
         put_into_scores(p, r, r.one_of({-0.1f, 1.1f, 1e30f, -1e30f}));
       }},
      {"scores of another width",
       [](Problem& p, Random& r) { spoil_scores(p, r) = scores_of({2, p.image.height, p.image.width + 1}); }},
      {"scores of another height",
       [](Problem& p, Random& r) { spoil_scores(p, r) = scores_of({2, p.image.height - 1, p.image.width}); }},
      {"scores in a row",
       [](Problem& p, Random& r) { spoil_scores(p, r) = scores_of({2 * p.image.height * p.image.width}); }},
      {"scores of another type",
       [](Problem& p, Random& r) {
         at::Tensor& values = spoil_scores(p, r);
         values = values.to(r.one_of({at::kDouble, at::kLong, at::kHalf, at::kByte}));
       }},
      {"no labels",
       [](Problem& p, Random& r) { spoil_scores(p, r) = scores_of({0, p.image.height, p.image.width}); }},
      {"too many labels",
       [](Problem& p, Random& r) { spoil_scores(p, r) = scores_of({257, p.image.height, p.image.width}); }},
      {"no scores", [](Problem& p, Random&) { p.scores.clear(); }},
      {"too many labels in all",
       [](Problem& p, Random&) {
         p.scores.resize(65, p.scores[0]);
         for (crf::Term& term : p.options.terms) term.compatibility = {{1}};
       }},
      {"an image without rows",
       [](Problem& p, Random&) {
         p.image.height = 0;
         for (auto& scores : p.scores) scores.values = scores.values.slice(1, 0, 0);
       }},
      {"an image without columns",
       [](Problem& p, Random&) {
         p.image.width = 0;
         for (auto& scores : p.scores) scores.values = scores.values.slice(2, 0, 0);
       }},
      {"an image of negative size",
       [](Problem& p, Random& r) { (r.one_in(2) ? p.image.width : p.image.height) *= -1; }},
      {"an image with the wrong channels",
       [](Problem& p, Random& r) { p.image.channels = r.one_of<int64_t>({-3, 0, 1, 4}); }},
      {"a deviation that is not a positive number",
       [](Problem& p, Random& r) {
         some_deviation(p, r) =
             r.one_of<double>({0.0, -0.0, -1.0, -1e300, 1e300, 1e-300, 1e-46, kNan, kInfinity, -kInfinity});
       }},
      {"deviations too small for 16 bits",
       [](Problem& p, Random& r) {
         p.image.height = p.image.width = 2;
         for (auto& scores : p.scores) scores.values = scores_of({scores.values.size(0), 2, 2});
         some_deviation(p, r) = r.scale_between(1e-44, 1e-5);
       }},
      {"a weight that is not a number or too large",
       [](Problem& p, Random& r) {
         auto& values = some_term(p, r).compatibility.values;
         values[r.between(0, static_cast<int64_t>(values.size()) - 1)] =
             r.one_of({kNan, kInfinity, -kInfinity, 1.1e6f, -1e30f});
       }},
      {"a compatibility of another size",
       [](Problem& p, Random& r) {
         const int64_t labels = p.scores[0].values.size(0);
         auto& values = some_term(p, r).compatibility.values;
         values.resize(r.one_of({int64_t{0}, labels + 1, labels * labels + 1}));
       }},
      {"a negative number of iterations",
       [](Problem& p, Random& r) { p.options.iterations = r.one_of<int64_t>({-1, INT64_MIN}); }},
  };
  return all;
}

}  // namespace

RandomProblem random_problem(uint64_t number) {
  Random random(number);
  const bool many = random.one_in(200);  // labels, to reach row shapes that 30 of them do not
  const int64_t longest = random.one_in(2) && !many ? 40 : 12;
  const int64_t width = random.between(1, longest), height = random.between(1, longest);
  RandomProblem result{random_pixels(random, width, height), {}, {}};
  crf::Problem& problem = result.problem;
  problem.image = {result.pixels.get(), height, width, 3};
  const auto labels = many ? std::vector<int64_t>{random.between(31, 256)} : random_labels(random);
  for (const int64_t count : labels) problem.scores.push_back(random_scores(random, count, height, width));
  const int64_t kinds = random.between(0, 19);  // bits: places, colors; usually both, in this order
  const std::vector<bool> colors = kinds == 0   ? std::vector<bool>{}
                                   : kinds < 4  ? std::vector<bool>{false}
                                   : kinds < 8  ? std::vector<bool>{true}
                                   : kinds == 8 ? std::vector<bool>{true, false, true}
                                                : std::vector<bool>{false, true};
  for (const bool color : colors) {
    problem.options.terms.push_back(random_term(random, color, labels, height, width));
  }
  problem.options.iterations = random.one_in(4) ? random.between(0, 10) : random.between(0, 4);
  const auto& sets = available_instructions();
  problem.options.instructions = sets[random.between(0, static_cast<int64_t>(sets.size()) - 1)];
  result.threads[0] = static_cast<int>(random.between(1, 4));
  result.threads[1] = 1 + (result.threads[0] + static_cast<int>(random.between(0, 2))) % 4;
  if (random.one_in(2)) problem.options.form = crf::Form::kernels;
  problem.options.order = random.one_of(
      {LaunchOrder::ascending, LaunchOrder::descending, LaunchOrder::shuffled, LaunchOrder::interleaved});
  return result;
}

WrongProblem wrong_problem(uint64_t number) {
  RandomProblem random = random_problem(number);
  Random choices(mix(number));
  const Fault& fault = faults()[choices.between(0, static_cast<int64_t>(faults().size()) - 1)];
  fault.make(random.problem, choices);
  return {std::move(random), fault.name};
}

std::string describe(const crf::Problem& problem) {
  std::string words = text(problem.image.width, " x ", problem.image.height, ", labels");
  for (const auto& [kind, values] : problem.scores) {
    words += text(" ", values.size(0), " (kind ", static_cast<int>(kind), ", up to ",
                  values.abs().max().item<float>(), ")");
  }
  words += text(", ", problem.options.iterations, " iterations, instructions ",
                static_cast<int>(problem.options.instructions), ", form ",
                static_cast<int>(problem.options.form), ", order ", static_cast<int>(problem.options.order));
  for (const auto& [filter, compatibility] : problem.options.terms) {
    float largest = 0;
    for (const float value : compatibility.values) largest = std::max(largest, std::abs(value));
    words += text("; xy ", filter.xy_std[0], " ", filter.xy_std[1]);
    if (filter.color_std) {
      words +=
          text(" rgb ", (*filter.color_std)[0], " ", (*filter.color_std)[1], " ", (*filter.color_std)[2]);
    }
    words += text(" normalization ", static_cast<int>(filter.normalization), " weights ",
                  compatibility.values.size(), " up to ", largest);
  }
  return words;
}

const std::vector<Instructions>& available_instructions() {
  static const std::vector<Instructions> available = [] {
    std::vector<Instructions> sets;
    for (const auto set :
         {Instructions::automatic, Instructions::avx512, Instructions::avx2, Instructions::portable}) {
      try {
        crf::choose_kernels(set);
        sets.push_back(set);
      } catch (const Error&) {  // this machine lacks it
      }
    }
    return sets;
  }();
  return available;
}

}  // namespace stego
