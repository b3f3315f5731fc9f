#include "crf_oracle.h"

#include <algorithm>
#include <cmath>

#include "random.h"

namespace stego::oracle {

namespace {

// Step 1.
std::vector<Point> make_points(const ImageView& image, const crf::FilterOptions& options) {
  std::vector<Point> points;
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) {
      Point point{};
      point[0] = static_cast<float>(x) / static_cast<float>(options.xy_std[0]);
      point[1] = static_cast<float>(y) / static_cast<float>(options.xy_std[1]);
      for (int c = 0; c < 3 && options.color_std; ++c) {
        const auto value = static_cast<float>(image.data[3 * (y * image.width + x) + c]);
        point[2 + c] = value / static_cast<float>((*options.color_std)[c]);
      }
      points.push_back(point);
    }
  }
  return points;
}

// The energy that a unit of label m gives label l, unless something else makes it 0.
double energy_between(const crf::Compatibility& compatibility, int64_t labels, int64_t l, int64_t m) {
  const std::vector<float>& values = compatibility.values;
  const auto size = static_cast<int64_t>(values.size());
  if (size == 1) return l == m ? -values[0] : 0;
  if (size == labels) return l == m ? values[l] : 0;
  return 0.5 * (static_cast<double>(values[l * labels + m]) + static_cast<double>(values[m * labels + l]));
}

// The largest size among the labels that affect a pixel's probabilities, or 0 if only one does. A label has
// no effect if it is so far behind the first that rounding, a few units of 2^-24 of its size, cannot make up
// the difference.
double contested(const double* scores, const double* sizes, int64_t labels) {
  const int64_t best = std::max_element(scores, scores + labels) - scores;
  double largest = 0;
  for (int64_t l = 0; l < labels; ++l) {
    const double rounding = std::ldexp(sizes[best] + sizes[l], -22);
    if (l == best || scores[best] - scores[l] > 30 + rounding) continue;
    largest = std::max({largest, sizes[best], sizes[l]});
  }
  return largest;
}

}  // namespace

Filter::Filter(const ImageView& image, const crf::FilterOptions& options)
    : lattice_(make_points(image, options), options.color_std ? 5 : 2) {
  const int64_t pixels = image.height * image.width;
  before_.assign(pixels, 1);
  after_.assign(pixels, 1);
  if (options.normalization == crf::Normalization::none) return;
  const bool symmetric = options.normalization == crf::Normalization::symmetric;
  const std::vector<double> counts = lattice_.filter(std::vector<double>(pixels, 1), 1);
  for (int64_t p = 0; p < pixels; ++p) {
    const double count = counts[p] + 1e-20, factor = symmetric ? 1 / std::sqrt(count) : 1 / count;
    if (options.normalization != crf::Normalization::after) before_[p] = factor;
    if (options.normalization != crf::Normalization::before) after_[p] = factor;
  }
}

std::vector<double> Filter::operator()(const std::vector<double>& rows, int64_t channels) const {
  std::vector<double> scaled(rows);
  for (size_t i = 0; i < scaled.size(); ++i) scaled[i] *= before_[i / channels];
  std::vector<double> result = lattice_.filter(scaled, channels);
  for (size_t i = 0; i < result.size(); ++i) result[i] *= after_[i / channels];
  return result;
}

DenseCrf::DenseCrf(const ImageView& image, const std::vector<crf::Term>& terms) {
  for (const crf::Term& term : terms) kernels_.push_back({Filter(image, term.filter), term.compatibility});
}

std::vector<double> softmax(const std::vector<double>& scores, int64_t labels) {
  std::vector<double> result(scores.size());
  for (size_t first = 0; first < scores.size(); first += labels) {
    const double highest = *std::max_element(&scores[first], &scores[first] + labels);
    double sum = 0;
    for (int64_t l = 0; l < labels; ++l) sum += result[first + l] = std::exp(scores[first + l] - highest);
    for (int64_t l = 0; l < labels; ++l) result[first + l] /= sum;
  }
  return result;
}

std::vector<double> DenseCrf::start(const crf::LabelScores& scores) {
  const at::Tensor values = scores.values.permute({1, 2, 0}).to(at::kDouble).contiguous();
  const auto* data = values.const_data_ptr<double>();
  std::vector<double> rows(data, data + values.numel());
  if (scores.kind == crf::ScoreKind::energies) {
    for (double& value : rows) value = -value;
    return rows;
  }
  if (scores.kind == crf::ScoreKind::logits) rows = softmax(rows, scores.values.size(0));
  for (double& value : rows) value = std::log(std::clamp<double>(value, 1e-5f, 1));
  return rows;
}

// Step 12.
Iteration DenseCrf::iterate(const std::vector<double>& start, const std::vector<double>& probabilities,
                            int64_t labels, double disturbance, uint64_t seed) const {
  Random random(seed);
  std::vector<double> scores(start), sizes(start);
  for (double& size : sizes) size = std::abs(size);
  for (const Kernel& kernel : kernels_) {
    const std::vector<double> filtered = kernel.filter(probabilities, labels);
    const auto count = static_cast<int64_t>(kernel.compatibility.values.size());
    const bool matrix = count != 1 && count != labels;
    std::vector<double> lean(labels);
    for (double& each : lean) each = random.real(-1, 1);
    for (size_t first = 0; first < scores.size(); first += labels) {
      for (int64_t l = 0; l < labels; ++l) {
        double message = 0, size = 0;
        for (int64_t m = matrix ? 0 : l; m < (matrix ? labels : l + 1); ++m) {
          const double part = energy_between(kernel.compatibility, labels, l, m) * filtered[first + m];
          message += part;
          size += std::abs(part);
        }
        if (disturbance > 0) message += size * disturbance * (lean[l] + random.real(-1, 1));
        scores[first + l] -= message;
        sizes[first + l] += size;
      }
    }
  }
  for (size_t i = 0; disturbance > 0 && i < scores.size(); ++i) {
    scores[i] += sizes[i] * disturbance / 4 * random.real(-1, 1);
  }
  Iteration result{softmax(scores, labels), {}};
  for (size_t first = 0; first < sizes.size(); first += labels) {
    result.magnitude.push_back(contested(&scores[first], &sizes[first], labels));
  }
  return result;
}

DenseCrf::Divergence DenseCrf::divergence(const std::vector<double>& start,
                                          const std::vector<double>& probabilities, int64_t labels) const {
  Divergence result{0, 0};
  const auto add = [&](double term) {
    result.value += term;
    result.magnitude += std::abs(term);
  };
  for (size_t i = 0; i < start.size(); ++i) {
    add(probabilities[i] * std::log(std::max(probabilities[i], 1e-20)));
    add(-probabilities[i] * start[i]);
  }
  for (const Kernel& kernel : kernels_) {
    const std::vector<double> filtered = kernel.filter(probabilities, labels);
    for (size_t first = 0; first < start.size(); first += labels) {
      for (int64_t l = 0; l < labels; ++l) {
        for (int64_t m = 0; m < labels; ++m) {
          const double energy = energy_between(kernel.compatibility, labels, l, m);
          add(probabilities[first + l] * energy * filtered[first + m]);
        }
      }
    }
  }
  return result;
}

}  // namespace stego::oracle
