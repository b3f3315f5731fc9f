#include "crf/fast/filter.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <mutex>
#include <tuple>

#include "crf/pixel_features.h"

namespace stego::crf {

namespace {

constexpr int64_t kCacheBytes = 128 << 20;

// The inverse of each pixel's number of neighbors, or of its square root, as `normalization` requires.
Buffer<float> inverse_counts(const Filter& filter, Normalization normalization, const Kernels& kernels,
                             const CancelFlag& cancel) {
  constexpr int64_t channels = 4;
  const Lattice& lattice = filter.lattice;
  Buffer<float> ones(lattice.points * channels), values(lattice.vertices * channels), result(lattice.points);
  std::fill_n(ones.data(), ones.size(), 1.0f);
  filter.spread(ones.data(), values.data(), channels, kernels, cancel);
  for (int64_t p = 0; p < lattice.points; ++p) {
    cancel.poll_sometimes(p);
    float count = 0;
    for (int64_t q = p * lattice.corners; q < (p + 1) * lattice.corners; ++q) {
      count += lattice.slice_weight[q] * values[lattice.slice_vertex[q] * channels];
    }
    count += 1e-20f;
    result[p] = normalization == Normalization::symmetric ? 1.0f / std::sqrt(count) : 1.0f / count;
  }
  return result;
}

void normalize(Filter& filter, Normalization normalization, const CancelFlag& cancel) {
  Lattice& lattice = filter.lattice;
  const auto alpha = static_cast<float>(1.0 / (1.0 + std::ldexp(1.0, 1 - lattice.corners)));
  for (int64_t q = 0; q < lattice.slice_weight.size(); ++q) lattice.slice_weight[q] *= alpha;
  if (normalization == Normalization::none) return;
  const Buffer<float> inverse =
      inverse_counts(filter, normalization, choose_kernels(Instructions::automatic), cancel);
  if (normalization != Normalization::after) {
    for (int64_t i = 0; i < lattice.splat_weight.size(); ++i) {
      cancel.poll_sometimes(i);
      lattice.splat_weight[i] *= inverse[lattice.splat_point[i]];
    }
  }
  if (normalization != Normalization::before) {
    for (int64_t p = 0; p < lattice.points; ++p) {
      cancel.poll_sometimes(p);
      for (int64_t q = p * lattice.corners; q < (p + 1) * lattice.corners; ++q) {
        lattice.slice_weight[q] *= inverse[p];
      }
    }
  }
}

std::shared_ptr<const Filter> build_filter(const ImageView& image, const FilterOptions& options,
                                           const CancelFlag& cancel) {
  auto filter = std::make_shared<Filter>(Filter{build_lattice(pixel_features(image, options), cancel)});
  normalize(*filter, options.normalization, cancel);
  return filter;
}

// Position-only filters, most recently used first.
class FilterCache {
 public:
  using Key = std::tuple<int64_t, int64_t, std::array<double, 2>, Normalization>;

  std::shared_ptr<const Filter> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto place =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
    if (place == entries_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, place);
    return entries_.front().filter;
  }

  void add(const Key& key, const std::shared_ptr<const Filter>& filter) {
    const std::lock_guard lock(mutex_);
    entries_.push_front({key, filter});
    int64_t bytes = 0;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      bytes += entry->filter->lattice.bytes();
      entry = bytes > kCacheBytes ? entries_.erase(entry) : std::next(entry);
    }
  }

 private:
  struct Entry {
    Key key;
    std::shared_ptr<const Filter> filter;
  };
  std::mutex mutex_;
  std::list<Entry> entries_;
};

FilterCache& cache() {
  static auto* instance = new FilterCache();
  return *instance;
}

}  // namespace

void Filter::spread(const float* rows, float* values, int64_t channels, const Kernels& kernels,
                    const CancelFlag& cancel) const {
  const SplatTask splat{lattice.splat_start.data(),
                        lattice.splat_point.data(),
                        lattice.splat_weight.data(),
                        {rows, channels, channels},
                        values};
  const std::vector<int64_t>& shares = lattice.splat_shares;
  at::parallel_for(0, static_cast<int64_t>(shares.size()) - 1, 1, [&](int64_t begin, int64_t end) {
    for (int64_t share = begin; share < end; ++share) {
      cancel.poll();
      kernels.splat(splat, shares[share], shares[share + 1]);
    }
  });
  for (const Lines& lines : lattice.axes) {
    const BlurTask blur{lines.vertices.data(), {values, channels, channels}};
    at::parallel_for(0, static_cast<int64_t>(lines.starts.size()) - 1, 1, [&](int64_t begin, int64_t end) {
      for (int64_t share = begin; share < end; ++share) {
        cancel.poll();
        kernels.blur(blur, lines.starts[share], lines.starts[share + 1]);
      }
    });
  }
}

std::shared_ptr<const Filter> make_filter(const ImageView& image, const FilterOptions& options,
                                          const CancelFlag& cancel) {
  if (options.color_std) return build_filter(image, options, cancel);
  const FilterCache::Key key{image.height, image.width, options.xy_std, options.normalization};
  if (auto found = cache().find(key)) return found;
  auto filter = build_filter(image, options, cancel);
  cache().add(key, filter);
  return filter;
}

}  // namespace stego::crf
