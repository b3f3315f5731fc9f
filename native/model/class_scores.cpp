#include "model/class_scores.h"

#include "core/error.h"
#include "core/l2_normalize.h"
#include "head/cluster_probe.h"

namespace stego {

namespace {

[[noreturn]] void missing(const char* what, const char* reason) {
  throw Error("ERR_STEGO_CHECKPOINT",
              text("Expected a model with ", what, ", but this one has none: ", reason));
}

bool is_linear(PredictionHead head) {
  return head == PredictionHead::linear_probe || head == PredictionHead::baseline_linear_probe;
}

const at::Tensor& centers(const Network& network, PredictionHead head) {
  if (head == PredictionHead::cluster_probe) return network.cluster_probe;
  if (head == PredictionHead::kmeans) {
    if (!network.kmeans)
      missing("k-means centers", "they are fitted at the end of training. Use labels: 'clusterProbe'.");
    return *network.kmeans;
  }
  if (!network.baseline_kmeans)
    missing("k-means centers of the features", "they are fitted at the end of training.");
  return *network.baseline_kmeans;
}

const Pointwise& probe(const Network& network, PredictionHead head) {
  const auto& layer =
      head == PredictionHead::linear_probe ? network.linear_probe : network.baseline_linear_probe;
  if (!layer) missing("a linear probe", "it was trained without labels. Use labels: 'kmeans'.");
  return *layer;
}

}  // namespace

bool is_baseline(PredictionHead head) {
  return head == PredictionHead::baseline_kmeans || head == PredictionHead::baseline_linear_probe;
}

int64_t class_count(const Network& network, PredictionHead head) {
  return is_linear(head) ? network.options.classes : centers(network, head).size(0);
}

at::Tensor class_scores(const Network& network, PredictionHead head, const at::Tensor& grid) {
  if (is_linear(head)) return probe(network, head)(grid);
  return at::matmul(grid, l2_normalize(centers(network, head), 1e-12).transpose(0, 1));
}

at::Tensor log_probabilities(const Network& network, PredictionHead head, const at::Tensor& codes,
                             double temperature) {
  if (is_linear(head)) return at::log_softmax(probe(network, head)(codes), 2);
  return cluster_log_probabilities(codes, centers(network, head), temperature);
}

}  // namespace stego
