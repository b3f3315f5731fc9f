#include "model/network.h"

#include "core/random.h"

namespace stego {

namespace {

enum Stream : uint64_t { kHeadStream, kLinearStream, kClusterStream, kBaselineLinearStream, kDecoderStream };

}  // namespace

Network Network::initial(std::shared_ptr<const VisionTransformer> backbone, const NetworkOptions& options,
                         bool linear) {
  const int64_t channels = backbone->dim();
  const auto generator = [&](Stream stream) { return make_generator(options.seed, stream); };
  Network network;
  network.backbone = backbone;
  network.options = options;
  network.head = SegmentationHead::initial(channels, options.dim, options.head, generator(kHeadStream));
  if (options.decoder) {
    network.decoder = initial_pointwise(options.dim, channels, generator(kDecoderStream));
  }
  if (linear) {
    network.linear_probe.emplace();
    network.baseline_linear_probe.emplace();
  }
  network.reset_probes(options.seed);
  return network.to(backbone->device());
}

void Network::reset_probes(uint64_t seed) {
  const auto generator = [&](Stream stream) { return make_generator(seed, stream); };
  const at::Device device = backbone->device();
  cluster_probe = at::empty({options.clusters, options.dim}, at::kFloat)
                      .normal_(0, 1, generator(kClusterStream))
                      .to(device);
  if (linear_probe)
    linear_probe = initial_pointwise(options.dim, options.classes, generator(kLinearStream)).to(device);
  if (baseline_linear_probe) {
    baseline_linear_probe =
        initial_pointwise(backbone->dim(), options.classes, generator(kBaselineLinearStream)).to(device);
  }
}

Network Network::load(const TensorMap& tensors, const NetworkOptions& options,
                      std::shared_ptr<const VisionTransformer> backbone) {
  const int64_t channels = backbone->dim(), classes = options.classes, clusters = options.clusters;
  Network network;
  network.backbone = backbone;
  if (const auto map = tensors.find("position.map"); map != tensors.end()) {
    const int64_t side = map->second.dim() > 0 ? map->second.size(0) : 0;
    const PositionMap removed(take(tensors, "position.map", {side, side, channels}));
    network.backbone = std::make_shared<const VisionTransformer>(backbone->without(removed));
  }
  network.options = options;
  network.head = SegmentationHead::load(tensors, channels, options.dim, options.head);
  network.cluster_probe = take(tensors, "cluster_probe.clusters", {clusters, options.dim});
  if (options.decoder) network.decoder = take_pointwise(tensors, "decoder", options.dim, channels);
  if (tensors.count("linear_probe.weight")) {
    network.linear_probe = take_pointwise(tensors, "linear_probe", options.dim, classes);
  }
  if (tensors.count("baseline.linear_probe.weight")) {
    network.baseline_linear_probe = take_pointwise(tensors, "baseline.linear_probe", channels, classes);
  }
  if (tensors.count("kmeans.centers"))
    network.kmeans = take(tensors, "kmeans.centers", {clusters, options.dim});
  if (tensors.count("baseline.kmeans.centers")) {
    network.baseline_kmeans = take(tensors, "baseline.kmeans.centers", {clusters, channels});
  }
  return network.to(backbone->device());
}

Network Network::to(at::Device device) const {
  Network moved = *this;
  moved.head = head.to(device);
  moved.cluster_probe = cluster_probe.to(device);
  if (decoder) moved.decoder = decoder->to(device);
  if (linear_probe) moved.linear_probe = linear_probe->to(device);
  if (baseline_linear_probe) moved.baseline_linear_probe = baseline_linear_probe->to(device);
  if (kmeans) moved.kmeans = kmeans->to(device);
  if (baseline_kmeans) moved.baseline_kmeans = baseline_kmeans->to(device);
  return moved;
}

void Network::save(TensorMap& tensors) const {
  for (const auto& [name, tensor] : backbone->stored()) tensors["net.model." + name] = tensor;
  if (const auto& removed = backbone->removed()) tensors["position.map"] = removed->map();
  head.save(tensors);
  if (decoder) put(tensors, "decoder", *decoder);
  tensors["cluster_probe.clusters"] = cluster_probe.detach();
  if (linear_probe) put(tensors, "linear_probe", *linear_probe);
  if (baseline_linear_probe) put(tensors, "baseline.linear_probe", *baseline_linear_probe);
  if (kmeans) tensors["kmeans.centers"] = *kmeans;
  if (baseline_kmeans) tensors["baseline.kmeans.centers"] = *baseline_kmeans;
}

}  // namespace stego
