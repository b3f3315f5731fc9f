#include "loss/pair_samples.h"

#include <ATen/Dispatch.h>

#include "core/parallel.h"

namespace stego {

namespace {

// Which map a slot of an image reads, and with which points.
struct Reading {
  const at::Tensor& map;
  const at::Tensor mask;  // [C], undefined: none
  const SamplePoints& points;
};

at::Tensor mask_of(const at::Tensor& masks, int64_t map) {
  return masks.defined() ? masks[map] : at::Tensor();
}

Reading reading(const PairMaps& maps, const PairPoints& points, const at::Tensor& negatives, int64_t image,
                int64_t slot) {
  if (slot == kSelfSlot) return {maps.images[image], mask_of(maps.image_masks, image), points.anchors};
  if (slot == kNeighborSlot)
    return {maps.neighbors[image], mask_of(maps.neighbor_masks, image), points.neighbors};
  const int64_t other = negatives.const_data_ptr<int64_t>()[(slot - kRandomSlot) * negatives.size(1) + image];
  return {maps.images[other], mask_of(maps.image_masks, other), points.partners};
}

PairPoints typed(const PairPoints& points, at::ScalarType type) {
  return {points.anchors.to(type), points.neighbors.to(type), points.partners.to(type)};
}

}  // namespace

PairSamples sample_pairs(const PairMaps& maps, const PairPoints& points, const at::Tensor& negatives) {
  const at::Tensor& first = maps.images.front();
  const auto batch = static_cast<int64_t>(maps.images.size());
  const int64_t slots = kRandomSlot + negatives.size(0), channels = first.size(1),
                count = points.anchors.count();
  const PairPoints own = typed(points, first.scalar_type());
  PairSamples samples{at::empty({batch, slots, count, channels}, first.options()),
                      at::empty({batch, slots, count}, first.options())};
  AT_DISPATCH_FLOATING_TYPES(first.scalar_type(), "sample_pairs", [&] {
    auto* units = samples.units.mutable_data_ptr<scalar_t>();
    auto* norms = samples.norms.mutable_data_ptr<scalar_t>();
    parallel_each(batch * slots, [&](int64_t i) {
      const int64_t image = i / slots;
      const auto [map, mask, places] = reading(maps, own, negatives, image, i % slots);
      scalar_t* rows = units + i * count * channels;
      blend(places.rows<scalar_t>(image, channels), map.const_data_ptr<scalar_t>(),
            mask.defined() ? mask.const_data_ptr<scalar_t>() : nullptr, rows);
      normalize_rows(rows, norms + i * count, count, channels);
    });
  });
  return samples;
}

void sample_pairs_backward(const PairSamples& samples, at::Tensor& gradient, const PairPoints& points,
                           const at::Tensor& negatives, PairMaps& map_gradients) {
  const int64_t batch = samples.units.size(0), slots = samples.units.size(1), count = samples.units.size(2),
                channels = samples.units.size(3);
  const PairPoints own = typed(points, gradient.scalar_type());
  AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "sample_pairs_backward", [&] {
    const auto* units = samples.units.const_data_ptr<scalar_t>();
    const auto* norms = samples.norms.const_data_ptr<scalar_t>();
    auto* rows = gradient.mutable_data_ptr<scalar_t>();
    parallel_each(batch * slots, [&](int64_t i) {
      const int64_t begin = i * count * channels;
      normalize_rows_backward(rows + begin, units + begin, norms + i * count, count, channels);
    });
    // Each map is filled by one thread, in the order of the images and slots that read it.
    const auto fill = [&](const at::Tensor& map) {
      for (int64_t i = 0; i < batch * slots; ++i) {
        const int64_t image = i / slots;
        const Reading read = reading(map_gradients, own, negatives, image, i % slots);
        if (!read.map.is_same(map)) continue;
        spread(read.points.rows<scalar_t>(image, channels), rows + i * count * channels,
               map.mutable_data_ptr<scalar_t>());
      }
    };
    parallel_each(2 * batch, [&](int64_t i) {
      fill(i < batch ? map_gradients.images[i] : map_gradients.neighbors[i - batch]);
    });
  });
}

}  // namespace stego
