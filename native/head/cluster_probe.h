#pragma once
#include "core/aten.h"

namespace stego {

// Cosine of every code with every cluster: codes [..., dim], clusters [K, dim] -> [..., K]. Both are
// L2-normalized with eps 1e-12 (modules.py ClusterLookup).
at::Tensor cluster_cosines(const at::Tensor& codes, const at::Tensor& clusters);

// ClusterLookup.forward: loss = -mean over positions of sum_k probability_k * cosine_k. Without alpha, the
// probabilities are the one-hot maximum (the training objective: mini-batch cosine k-means); with alpha, they
// are softmax(alpha * cosine), and the gradient flows through them too.
struct ClusterLookup {
  at::Tensor loss, probabilities;
};
ClusterLookup cluster_lookup(const at::Tensor& codes, const at::Tensor& clusters,
                             c10::optional<double> alpha);

// log_softmax(alpha * cosine): [..., K]. Evaluation uses alpha 2.
at::Tensor cluster_log_probabilities(const at::Tensor& codes, const at::Tensor& clusters, double alpha);

}  // namespace stego
