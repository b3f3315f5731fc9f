#pragma once
#include <vector>

#include "core/cancel.h"
#include "imaging/transform.h"
#include "metrics/precision_recall.h"
#include "model/scores.h"

namespace stego {

// How well correspondences foretell that two positions share a class (plot_pr_curves.py): the
// cosine of backbone features, the cosine of codes, and the kernel of the contrastive CRF, which looks at
// places and colors alone. Holds three times 32 MiB, however many pairs are added.
class PairScores {
 public:
  PairScores();

  // Scores every position of an image, first [B, S, S, 2], with every position of its partner, or of itself
  // without partners, second [B, S, S, 2]; (x, y) in [-1, 1], read as the loss reads them. Positions on void
  // do not count. Two positions share a class where all pixels each is read from are of that class; the
  // official target, the product of sampled one-hot labels cut to whole numbers, says the same.
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
