#include "metrics/place_shares.h"

#include <cmath>
#include <vector>

namespace stego {

namespace {

constexpr int64_t kBand = 4;  // patches

// Cluster counts per group.
class GroupCounts {
 public:
  GroupCounts(int64_t groups, int64_t clusters) : clusters_(clusters), counts_(groups * clusters) {}

  void add(int64_t group, int64_t cluster) { ++counts_[group * clusters_ + cluster]; }

  // In nats: the entropy within each group, weighted by the group's share of the total.
  double conditional_entropy() const {
    double sum = 0, all = 0;
    for (size_t first = 0; first < counts_.size(); first += clusters_) {
      double total = 0, terms = 0;
      for (int64_t k = 0; k < clusters_; ++k) {
        const auto count = static_cast<double>(counts_[first + k]);
        total += count;
        if (count > 0) terms += count * std::log(count);
      }
      if (total > 0) sum += total * std::log(total) - terms;
      all += total;
    }
    return all > 0 ? sum / all : 0;
  }

 private:
  int64_t clusters_;
  std::vector<int64_t> counts_;
};

}  // namespace

PlaceShares explain_clusters(const at::Tensor& clusters, int64_t count) {
  const int64_t images = clusters.size(0), height = clusters.size(1), width = clusters.size(2);
  const at::Tensor whole = clusters.contiguous();
  const uint8_t* cluster = whole.const_data_ptr<uint8_t>();
  GroupCounts all(1, count), rows((height + kBand - 1) / kBand, count),
      columns((width + kBand - 1) / kBand, count), pictures(images, count);
  for (int64_t image = 0; image < images; ++image) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x, ++cluster) {
        all.add(0, *cluster);
        rows.add(y / kBand, *cluster);
        columns.add(x / kBand, *cluster);
        pictures.add(image, *cluster);
      }
    }
  }
  const double entropy = all.conditional_entropy();
  const auto share = [&](const GroupCounts& groups) {
    return entropy > 0 ? 1 - groups.conditional_entropy() / entropy : 0;
  };
  return {share(rows), share(columns), share(pictures)};
}

}  // namespace stego
