#include "loss/fast/pair_tiles.h"

#include <ATen/Dispatch.h>

#include <algorithm>
#include <numeric>

#include "core/parallel.h"
#include "loss/fast/pair_kernels.h"

namespace stego {

namespace {

constexpr int64_t kAnchors = 128;  // per tile

struct Shape {
  int64_t anchors, slots, points;  // P, n, Q
  int64_t width() const { return slots * points; }
};

// The sums of one image.
struct ImageSums {
  std::vector<double> losses, similarities;
  std::vector<std::vector<int64_t>> counts;
};

template <typename Value>
void count_bins(const Value* values, int64_t count, std::vector<int64_t>& counts) {
  for (int64_t i = 0; i < count; ++i) {
    const double place = (std::clamp<double>(values[i], -1, 1) + 1) / 2 * kSimilarityBins;
    if (place >= 0) ++counts[std::min(static_cast<int64_t>(place), kSimilarityBins - 1)];  // skips NaN
  }
}

template <typename Value>
class Tile {
 public:
  Tile(const PairRule& rule, PairDetails& details, const Shape& shape)
      : rule_(rule), details_(details), shape_(shape) {}

  // Feature correspondences [anchors, n * Q] of an image's anchors from `first` on, and code similarities,
  // which are replaced by the gradient.
  void evaluate(int64_t image, int64_t first, const at::Tensor& taught, at::Tensor& similarity,
                ImageSums& sums) const {
    const auto* offsets = rule_.offsets.const_data_ptr<Value>();
    for (int64_t row = 0; row < taught.size(0); ++row) {
      for (int64_t slot = 0; slot < shape_.slots; ++slot) {
        const int64_t place = row * shape_.width() + slot * shape_.points;
        const int64_t pair = (image * shape_.anchors + first + row) * shape_.slots + slot;
        const PairRow<Value> pairs{taught.const_data_ptr<Value>() + place,
                                   similarity.mutable_data_ptr<Value>() + place,
                                   shape_.points,
                                   offsets[pair],
                                   static_cast<Value>(rule_.low),
                                   static_cast<Value>(rule_.high),
                                   static_cast<Value>(rule_.scales[slot])};
        keep_details(pairs, pair, sums.counts[slot]);
        const auto [loss, sum] = pair_row(pairs);
        sums.losses[slot] += loss;
        sums.similarities[slot] += sum;
      }
    }
  }

 private:
  void keep_details(const PairRow<Value>& row, int64_t pair, std::vector<int64_t>& counts) const {
    if (details_.histograms) count_bins(row.similarity, row.count, counts);
    if (!details_.elements) return;
    auto* losses = details_.loss.mutable_data_ptr<Value>() + pair * row.count;
    std::copy_n(row.similarity, row.count, details_.similarity.mutable_data_ptr<Value>() + pair * row.count);
    for (int64_t q = 0; q < row.count; ++q) {
      losses[q] = -std::clamp(row.similarity[q], row.low, row.high) * (row.taught[q] + row.offset);
    }
  }

  const PairRule& rule_;
  PairDetails& details_;
  const Shape shape_;
};

}  // namespace

PairTiles compare_pairs(const UnitPairs& features, const UnitPairs& codes, const PairRule& rule,
                        PairDetails& details) {
  const at::NoGradGuard no_grad;
  const at::TensorOptions options = codes.anchors.options();
  const int64_t batch = codes.partners.size(0), dim = codes.partners.size(3);
  const Shape shape{codes.anchors.size(1), codes.partners.size(1), codes.partners.size(2)};
  PairTiles result{std::vector<double>(shape.slots), std::vector<double>(shape.slots),
                   at::empty({batch, shape.anchors, dim}, options),
                   at::empty({batch, shape.slots, shape.points, dim}, options)};
  if (details.elements) {
    details.loss = at::empty({batch, shape.anchors, shape.slots, shape.points}, options);
    details.similarity = at::empty_like(details.loss);
  }
  const std::vector<std::vector<int64_t>> no_counts(shape.slots, std::vector<int64_t>(kSimilarityBins));
  std::vector<ImageSums> sums(batch, {result.losses, result.similarities, no_counts});
  AT_DISPATCH_FLOATING_TYPES(options.dtype().toScalarType(), "compare_pairs", [&] {
    const Tile<scalar_t> tile(rule, details, shape);
    parallel_each(batch, [&](int64_t image) {
      const auto partners = [&](const at::Tensor& all) { return all[image].flatten(0, 1); };  // [n * Q, C]
      const at::Tensor feature_partners = partners(features.partners),
                       code_partners = partners(codes.partners);
      at::Tensor partners_gradient = partners(result.partners_gradient);
      for (int64_t first = 0; first < shape.anchors; first += kAnchors) {
        const int64_t rows = std::min(kAnchors, shape.anchors - first);
        const auto anchors = [&](const at::Tensor& all) { return all[image].narrow(0, first, rows); };
        const at::Tensor taught = at::mm(anchors(features.anchors), feature_partners.t());
        at::Tensor similarity = at::mm(anchors(codes.anchors), code_partners.t());
        tile.evaluate(image, first, taught, similarity, sums[image]);
        at::Tensor anchors_gradient = anchors(result.anchors_gradient);
        at::mm_out(anchors_gradient, similarity, code_partners);
        at::addmm_out(partners_gradient, partners_gradient, similarity.t(), anchors(codes.anchors),
                      /*beta=*/first > 0 ? 1 : 0);
      }
    });
  });
  if (details.histograms) details.counts = no_counts;
  for (const ImageSums& image : sums) {
    for (int64_t slot = 0; slot < shape.slots; ++slot) {
      result.losses[slot] += image.losses[slot];
      result.similarities[slot] += image.similarities[slot];
      for (int64_t bin = 0; details.histograms && bin < kSimilarityBins; ++bin) {
        details.counts[slot][bin] += image.counts[slot][bin];
      }
    }
  }
  return result;
}

}  // namespace stego
