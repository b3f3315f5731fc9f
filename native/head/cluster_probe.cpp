#include "head/cluster_probe.h"

#include "core/l2_normalize.h"

namespace stego {

at::Tensor cluster_cosines(const at::Tensor& codes, const at::Tensor& clusters) {
  return at::matmul(l2_normalize(codes, 1e-12), l2_normalize(clusters, 1e-12).transpose(0, 1));
}

ClusterLookup cluster_lookup(const at::Tensor& codes, const at::Tensor& clusters,
                             c10::optional<double> alpha) {
  const at::Tensor cosines = cluster_cosines(codes, clusters);
  const at::Tensor probabilities =
      alpha ? at::softmax(cosines * *alpha, -1)
            : at::one_hot(cosines.detach().argmax(-1), clusters.size(0)).to(cosines.scalar_type());
  return {-(probabilities * cosines).sum(-1).mean(), probabilities};
}

at::Tensor cluster_log_probabilities(const at::Tensor& codes, const at::Tensor& clusters, double alpha) {
  return at::log_softmax(cluster_cosines(codes, clusters) * alpha, -1);
}

}  // namespace stego
