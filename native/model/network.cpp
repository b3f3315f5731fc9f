#include "model/network.h"

#include "core/random.h"

namespace stego {

namespace {

enum Stream : uint64_t { kHeadStream, kLinearStream, kClusterStream, kRawLinearStream };

}  // namespace

Network Network::initial(std::shared_ptr<const VisionTransformer> backbone, const NetworkOptions& options,
                         bool linear) {
  const int64_t channels = backbone->dim();
  const auto generator = [&](Stream stream) { return make_generator(options.seed, stream); };
  Network network{
      backbone,
      options,
      SegmentationHead::initial(channels, options.dim, options.nonlinear, generator(kHeadStream)),
      at::empty({options.classes, options.dim}, at::kFloat).normal_(0, 1, generator(kClusterStream)),
      {},
      {},
      {},
      {}};
  if (linear) {
    network.linear = initial_pointwise(options.dim, options.classes, generator(kLinearStream));
    network.raw_linear = initial_pointwise(channels, options.classes, generator(kRawLinearStream));
  }
  return network.to(backbone->device());
}

Network Network::load(const TensorMap& tensors, const NetworkOptions& options, int64_t heads,
                      at::Device device, at::ScalarType dtype) {
  const auto backbone =
      std::make_shared<const VisionTransformer>(tensors, "net.model.", heads, device, dtype);
  const int64_t channels = backbone->dim(), classes = options.classes;
  Network network{backbone,
                  options,
                  SegmentationHead::load(tensors, channels, options.dim, options.nonlinear),
                  take(tensors, "cluster_probe.clusters", {classes, options.dim}),
                  {},
                  {},
                  {},
                  {}};
  if (tensors.count("linear_probe.weight")) {
    network.linear = take_pointwise(tensors, "linear_probe", options.dim, classes);
  }
  if (tensors.count("raw.linear_probe.weight")) {
    network.raw_linear = take_pointwise(tensors, "raw.linear_probe", channels, classes);
  }
  if (tensors.count("kmeans.centers"))
    network.kmeans = take(tensors, "kmeans.centers", {classes, options.dim});
  if (tensors.count("raw.kmeans.centers")) {
    network.raw_kmeans = take(tensors, "raw.kmeans.centers", {classes, channels});
  }
  return network.to(device);
}

Network Network::to(at::Device device) const {
  Network moved{backbone, options,    head.to(device), clusters.to(device),
                linear,   raw_linear, kmeans,          raw_kmeans};
  if (linear) moved.linear = linear->to(device);
  if (raw_linear) moved.raw_linear = raw_linear->to(device);
  if (kmeans) moved.kmeans = kmeans->to(device);
  if (raw_kmeans) moved.raw_kmeans = raw_kmeans->to(device);
  return moved;
}

void Network::save(TensorMap& tensors) const {
  for (const auto& [name, tensor] : backbone->stored()) tensors["net.model." + name] = tensor;
  head.save(tensors);
  tensors["cluster_probe.clusters"] = clusters.detach();
  if (linear) put(tensors, "linear_probe", *linear);
  if (raw_linear) put(tensors, "raw.linear_probe", *raw_linear);
  if (kmeans) tensors["kmeans.centers"] = *kmeans;
  if (raw_kmeans) tensors["raw.kmeans.centers"] = *raw_kmeans;
}

}  // namespace stego
