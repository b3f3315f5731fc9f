#pragma once
#include <vector>

#include "core/cancel.h"
#include "imaging/transform.h"
#include "metrics/precision_recall.h"
#include "model/scores.h"

namespace stego {

// Measures how well correspondences predict that two positions share a class (plot_pr_curves.py): the cosine
// of backbone features, the cosine of codes, and the contrastive CRF kernel, which looks only at places and
// colors. Uses three times 32 MiB, no matter how many pairs are added.
class PairScores {
 public:
  PairScores();

  // Scores every position of an image, first [B, S, S, 2], against every position of its partner (or of the
  // image itself if there are no partners), second [B, S, S, 2]; (x, y) in [-1, 1], read the way the loss
  // reads them. Void positions do not count. Two positions share a class if all the pixels they are read from
  // are of that class; this matches the official target, the product of sampled one-hot labels truncated to
  // integers.
  void add(const Network& network, const std::vector<LabeledImage>& images,
           const std::vector<LabeledImage>& partners, const at::Tensor& first, const at::Tensor& second,
           const Transform& transform, const CancelFlag& cancel);

  const ScoreCounts& features() const { return features_; }
  const ScoreCounts& codes() const { return codes_; }
  const ScoreCounts& crf() const { return crf_; }

 private:
  ScoreCounts features_, codes_, crf_;
};

}  // namespace stego
