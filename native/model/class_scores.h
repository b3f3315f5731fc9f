#pragma once
#include "model/network.h"

namespace stego {

// The ways to get classes from an image.
enum class PredictionHead {
  kmeans,                 // nearest k-means center of the code
  cluster_probe,          // nearest cluster of the probe trained alongside the head
  linear_probe,           // linear probe on the code
  baseline_kmeans,        // nearest k-means center of the backbone feature
  baseline_linear_probe,  // linear probe on the backbone feature
};

bool is_baseline(PredictionHead head);

// The number of values a head's label maps can take: classes or clusters.
int64_t class_count(const Network& network, PredictionHead head);

// Scores [h, w, K] of a grid of codes, or of features for a baseline head. The class is the maximum after
// enlarging: enlarging is linear and a position's length is common to all its cosines, so enlarging scores is
// equivalent to enlarging codes and assigning those.
at::Tensor class_scores(const Network& network, PredictionHead head, const at::Tensor& grid);

// log-probabilities [h, w, K] of codes that are enlarged already; `temperature` is the factor on the cosines
// of clusters.
at::Tensor log_probabilities(const Network& network, PredictionHead head, const at::Tensor& codes,
                             double temperature);

}  // namespace stego
