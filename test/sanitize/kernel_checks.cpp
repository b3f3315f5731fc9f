#include "kernel_checks.h"

#include <c10/util/BFloat16.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "backbone/kernels/token_rows.h"
#include "core/error.h"
#include "crf_compare.h"
#include "head/kernels/partition.h"
#include "kernels/host.h"
#include "loss/kernels/pair_rows.h"
#include "random.h"

namespace stego {

namespace {

constexpr LaunchOrder kOrders[] = {LaunchOrder::ascending, LaunchOrder::descending, LaunchOrder::shuffled,
                                   LaunchOrder::interleaved};

// Runs `compute(device)`, which returns what a kernel wrote, in every order; the results, which are the same.
template <typename Compute>
auto in_every_order(const char* kernel, const Compute& compute) {
  const auto first = compute(HostDevice(kOrders[0]));
  for (const LaunchOrder order : kOrders) {
    const auto other = compute(HostDevice(order));
    const bool same = first.size() == other.size() &&
                      std::memcmp(first.data(), other.data(), first.size() * sizeof(first[0])) == 0;
    expect(same, kernel, " has other bytes in launch order ", static_cast<int>(order));
  }
  return first;
}

std::vector<float> normal(Random& random, int64_t count, double scale = 1) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(scale * (random.real(-1, 1) + random.real(-1, 1)));
  return values;
}

std::vector<BrainFloat> halved(const std::vector<float>& values) {
  std::vector<BrainFloat> result(values.size());
  for (size_t i = 0; i < values.size(); ++i) assign(result[i], values[i]);
  return result;
}

// The largest difference, which must be below `tolerance` times the magnitude of the expected value, and 1.
double compare(const char* kernel, const std::vector<double>& expected, const std::vector<double>& got,
               double tolerance) {
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(expected[i] - got[i]) / std::max(1.0, std::abs(expected[i]));
    expect(difference <= tolerance, kernel, " is off by ", difference, " at ", i, " of ", expected.size());
    largest = std::max(largest, difference);
  }
  return largest;
}

template <typename Value>
std::vector<double> widened(const std::vector<Value>& values) {
  std::vector<double> result;
  for (const Value& value : values) result.push_back(to_float(value));
  return result;
}

template <typename Value>
double check_normalize(Random& random, double tolerance) {
  const int64_t tokens = random.between(1, 9), channels = random.between(1, 100);
  const std::vector<float> start = normal(random, tokens * channels, 3), weight = normal(random, channels),
                           bias = normal(random, channels);
  std::vector<Value> change(tokens * channels);
  for (Value& value : change) assign(value, static_cast<float>(random.real(-2, 2)));
  const bool changes = random.one_in(2);
  const float epsilon = 1e-6f;
  const auto result = in_every_order("AddAndNormalize", [&](const HostDevice& device) {
    std::vector<float> residual = start;
    std::vector<Value> normalized(tokens * channels);
    device.run_rows(tokens, AddAndNormalize<Value, Value>{changes ? change.data() : nullptr, residual.data(),
                                                          weight.data(), bias.data(), channels, epsilon,
                                                          normalized.data()});
    return normalized;
  });
  std::vector<double> expected;
  for (int64_t token = 0; token < tokens; ++token) {
    std::vector<double> row;
    double mean = 0, variance = 0;
    for (int64_t c = token * channels; c < (token + 1) * channels; ++c) {
      row.push_back(changes ? static_cast<double>(start[c] + to_float(change[c])) : start[c]);
    }
    for (const double value : row) mean += value / static_cast<double>(channels);
    for (const double value : row)
      variance += (value - mean) * (value - mean) / static_cast<double>(channels);
    for (int64_t c = 0; c < channels; ++c) {
      expected.push_back((row[c] - mean) / std::sqrt(variance + epsilon) * weight[c] + bias[c]);
    }
  }
  // A row of one channel or of equal values has no variance: the epsilon magnifies what rounding leaves.
  if (channels < 4) return 0;
  return compare("AddAndNormalize", expected, widened(result), tolerance);
}

template <typename Value>
double check_gelu(Random& random, double tolerance) {
  const int64_t channels = random.between(1, 70), tokens = random.between(1, 9);
  std::vector<Value> start(tokens * channels), bias(channels);
  for (Value& value : start) assign(value, static_cast<float>(random.real(-6, 6)));
  for (Value& value : bias) assign(value, static_cast<float>(random.real(-1, 1)));
  const auto result = in_every_order("AddBiasAndGelu", [&](const HostDevice& device) {
    std::vector<Value> values = start;
    device.run(tokens * channels, AddBiasAndGelu<Value>{values.data(), bias.data(), channels});
    return values;
  });
  std::vector<double> expected;
  for (int64_t i = 0; i < tokens * channels; ++i) {
    const double x = static_cast<double>(to_float(start[i])) + to_float(bias[i % channels]);
    expected.push_back(0.5 * x * (1 + std::erf(x / std::sqrt(2.0))));
  }
  return compare("AddBiasAndGelu", expected, widened(result), tolerance);
}

double check_pairs(Random& random) {
  const int64_t anchors = random.between(1, 9), count = random.between(1, 140);
  const std::vector<float> taught = normal(random, anchors * count, 0.5), offset = normal(random, anchors),
                           similarity = normal(random, anchors * count, 0.5);
  const float infinity = std::numeric_limits<float>::infinity();
  const float low = random.one_in(2) ? 0 : -infinity, high = random.one_in(2) ? 0.8f : infinity;
  const float scale = static_cast<float>(random.real(0.1, 2));
  // The gradient, then the anchors' losses, then their similarities.
  const auto result = in_every_order("PairsOfAnchor", [&](const HostDevice& device) {
    std::vector<float> own = similarity, losses(anchors), sums(anchors);
    device.run_rows(anchors, PairsOfAnchor{taught.data(), offset.data(), own.data(), count, low, high, scale,
                                           losses.data(), sums.data()});
    own.insert(own.end(), losses.begin(), losses.end());
    own.insert(own.end(), sums.begin(), sums.end());
    return own;
  });
  std::vector<double> expected(anchors * (count + 2));
  for (int64_t i = 0; i < anchors * count; ++i) {
    const double S = similarity[i], slope = static_cast<double>(taught[i]) + offset[i / count];
    const double clamped = std::min(std::max<double>(S, low), static_cast<double>(high));
    expected[i] = clamped == S ? -scale * slope : 0;
    expected[anchors * count + i / count] -= clamped * slope;
    expected[anchors * (count + 1) + i / count] += S;
  }
  return compare("PairsOfAnchor", expected, widened(result), 2e-5);
}

// An axis that enlarges `grid` values to `size`, with places at random but in order.
struct RandomAxis {
  std::vector<int64_t> first, second, begin;
  std::vector<float> weight;
  int64_t size, grid;

  RandomAxis(Random& random, int64_t size, int64_t grid) : size(size), grid(grid) {
    for (int64_t i = 0; i < size; ++i) first.push_back(random.between(0, grid - 1));
    std::sort(first.begin(), first.end());
    for (const int64_t place : first) {
      second.push_back(std::min(place + 1, grid - 1));
      weight.push_back(static_cast<float>(random.real(0, 1)));
    }
    for (int64_t place = 0; place <= grid; ++place) {
      begin.push_back(std::lower_bound(first.begin(), first.end(), place) - first.begin());
    }
  }
  AxisPlaces places() const { return {first.data(), second.data(), weight.data(), size, grid}; }
};

double check_partition(Random& random) {
  const int64_t images = random.between(1, 3), classes = random.between(1, 6);
  const RandomAxis rows(random, random.between(1, 12), random.between(1, 5)),
      columns(random, random.between(1, 12), random.between(1, 5));
  const std::vector<float> values = normal(random, images * classes * rows.grid * columns.grid, 4);
  std::vector<uint8_t> labels(images * rows.size * columns.size);
  for (uint8_t& label : labels) label = static_cast<uint8_t>(random.between(0, classes));  // the last is void
  const EnlargedLogits logits{values.data(), labels.data(), rows.places(), columns.places(), classes};
  const int64_t pixels = images * rows.size * columns.size,
                gradients = images * classes * rows.size * columns.grid;
  const auto result = in_every_order("LogPartition", [&](const HostDevice& device) {
    std::vector<float> partitions(pixels), gradient(gradients);
    device.run(pixels, LogPartition{logits, partitions.data()});
    device.run(gradients,
               PartitionGradient{logits, partitions.data(), columns.begin.data(), gradient.data()});
    partitions.insert(partitions.end(), gradient.begin(), gradient.end());
    return partitions;
  });
  std::vector<double> expected(pixels + gradients);
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    if (labels[pixel] >= classes) continue;
    const int64_t x = pixel % columns.size, y = pixel / columns.size % rows.size,
                  image = pixel / (columns.size * rows.size);
    std::vector<double> exponentials;
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k) {
      exponentials.push_back(std::exp(static_cast<double>(logits.at(image, k, y, x))));
      sum += exponentials.back();
    }
    expected[pixel] = std::log(sum);
    for (int64_t k = 0; k < classes; ++k) {
      double* row = &expected[pixels + ((image * classes + k) * rows.size + y) * columns.grid];
      row[columns.first[x]] += (1 - columns.weight[x]) * exponentials[k] / sum;
      row[columns.second[x]] += columns.weight[x] * exponentials[k] / sum;
    }
  }
  return compare("LogPartition", expected, widened(result), 2e-5);
}

// Rounding is libtorch's, of any bits: infinities, NaN and subnormal numbers among them.
void check_rounding(Random& random) {
  for (int i = 0; i < 64; ++i) {
    const auto bits = static_cast<uint32_t>(random.between(0, (int64_t{1} << 32) - 1));
    float value;
    std::memcpy(&value, &bits, sizeof value);
    BrainFloat rounded;
    assign(rounded, value);
    expect(std::isnan(value) ? std::isnan(to_float(rounded)) : rounded.bits == c10::BFloat16(value).x,
           "a bfloat16 is rounded otherwise than by libtorch: ", value);
  }
}

}  // namespace

double check_kernels(uint64_t seed) {
  Random random(seed);
  check_rounding(random);
  constexpr double half_step = 0x1p-8;  // relative, of a BrainFloat
  check_normalize<BrainFloat>(random, half_step);
  check_gelu<BrainFloat>(random, half_step);
  return std::max({check_normalize<float>(random, 2e-5), check_gelu<float>(random, 1e-6), check_pairs(random),
                   check_partition(random)});
}

}  // namespace stego
