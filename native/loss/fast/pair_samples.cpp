#include "loss/fast/pair_samples.h"

#include <ATen/Dispatch.h>

#include "core/parallel.h"
#include "loss/fast/sample_kernels.h"

namespace stego {

namespace {

// A slot of an image that reads a map: `row` = image * slots + slot.
struct Reader {
  int64_t image, row;
  const SamplePoints* points;
};

// The readers of each map, in row order; maps of images come before those of neighbors.
std::vector<std::vector<Reader>> readers_of(const PairPoints& points, const at::Tensor& negatives) {
  const int64_t batch = negatives.size(1), slots = kRandomSlot + negatives.size(0);
  const auto* other = negatives.const_data_ptr<int64_t>();
  std::vector<std::vector<Reader>> readers(2 * batch);
  for (int64_t image = 0; image < batch; ++image) {
    const int64_t row = image * slots;
    readers[image].push_back({image, row + kSelfSlot, &points.anchors});
    readers[batch + image].push_back({image, row + kNeighborSlot, &points.neighbors});
    for (int64_t slot = kRandomSlot; slot < slots; ++slot) {
      readers[other[(slot - kRandomSlot) * batch + image]].push_back({image, row + slot, &points.partners});
    }
  }
  return readers;
}

PairPoints typed(const PairPoints& points, at::ScalarType type) {
  return {points.anchors.to(type), points.neighbors.to(type), points.partners.to(type)};
}

// Row `image` of the points in kernel form; their weights must have type Value.
template <typename Value>
SampleRows<Value> rows_of(const SamplePoints& points, int64_t image, int64_t channels) {
  const int64_t first = image * points.places().stride(0);
  return {points.places().const_data_ptr<int64_t>() + first, points.weights().const_data_ptr<Value>() + first,
          points.count(), channels};
}

template <typename Value>
const Value* mask_of(const at::Tensor& masks, int64_t map) {
  return masks.defined() ? masks.const_data_ptr<Value>() + map * masks.size(1) : nullptr;
}

}  // namespace

PairSamples sample_pairs(const PairMaps& maps, const PairPoints& points, const at::Tensor& negatives) {
  const at::Tensor& first = maps.images.front();
  const auto batch = static_cast<int64_t>(maps.images.size());
  const int64_t slots = kRandomSlot + negatives.size(0), channels = first.size(1),
                count = points.anchors.count();
  const PairPoints own = typed(points, first.scalar_type());
  const auto readers = readers_of(own, negatives);
  PairSamples samples{at::empty({batch, slots, count, channels}, first.options()),
                      at::empty({batch, slots, count}, first.options())};
  AT_DISPATCH_FLOATING_TYPES(first.scalar_type(), "sample_pairs", [&] {
    auto* units = samples.units.mutable_data_ptr<scalar_t>();
    auto* norms = samples.norms.mutable_data_ptr<scalar_t>();
    // One thread reads a map for all its readers, while it is in the cache.
    parallel_each(2 * batch, [&](int64_t i) {
      const bool image = i < batch;
      const auto* map = (image ? maps.images[i] : maps.neighbors[i - batch]).const_data_ptr<scalar_t>();
      const auto* mask =
          image ? mask_of<scalar_t>(maps.image_masks, i) : mask_of<scalar_t>(maps.neighbor_masks, i - batch);
      for (const Reader& reader : readers[i]) {
        scalar_t* rows = units + reader.row * count * channels;
        blend(rows_of<scalar_t>(*reader.points, reader.image, channels), map, mask, rows);
        normalize_rows(rows, norms + reader.row * count, count, channels);
      }
    });
  });
  return samples;
}

void sample_pairs_backward(const PairSamples& samples, at::Tensor& gradient, const PairPoints& points,
                           const at::Tensor& negatives, PairMaps& map_gradients) {
  const int64_t batch = samples.units.size(0), count = samples.units.size(2),
                channels = samples.units.size(3);
  const PairPoints own = typed(points, gradient.scalar_type());
  const auto readers = readers_of(own, negatives);
  AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "sample_pairs_backward", [&] {
    const auto* units = samples.units.const_data_ptr<scalar_t>();
    const auto* norms = samples.norms.const_data_ptr<scalar_t>();
    auto* gradients = gradient.mutable_data_ptr<scalar_t>();
    // One thread fills each map, in the order of its readers.
    parallel_each(2 * batch, [&](int64_t i) {
      at::Tensor& map = i < batch ? map_gradients.images[i] : map_gradients.neighbors[i - batch];
      for (const Reader& reader : readers[i]) {
        const int64_t begin = reader.row * count * channels;
        normalize_rows_backward(gradients + begin, units + begin, norms + reader.row * count, count,
                                channels);
        spread(rows_of<scalar_t>(*reader.points, reader.image, channels), gradients + begin,
               map.mutable_data_ptr<scalar_t>());
      }
    });
  });
}

}  // namespace stego
