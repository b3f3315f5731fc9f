#pragma once
#include <optional>
#include <vector>

#include "core/aten.h"
#include "loss/draws.h"
#include "loss/options.h"
#include "loss/pair_samples.h"
#include "loss/pair_tiles.h"

namespace stego {

// L2-normalised over channels with eps 1e-10.
at::Tensor normalize_samples(const at::Tensor& samples);

// What centring adds to the feature correspondences of an anchor with a slot's partner: minus their mean, and
// the mean of the slot over the whole batch where that is put back. [B, P, n]
at::Tensor centering_offsets(const UnitPairs& features, Centering centering);

// The rule of equations 3 and 4 for slots of these shifts.
PairRule pair_rule(const UnitPairs& features, const std::vector<double>& shifts, std::vector<double> scales,
                   const LossOptions& options);

// What teaches: features, or class maps for the oracle (use_true_labels).
struct Teacher {
  PairMaps features;
  at::Tensor classes, positive_classes;  // [B, H*W] int64 on a grid of their own; undefined: features teach
  int64_t grid_height, grid_width;       // of either
  int64_t values = 0;                    // classes are below it
};

// Codes of a batch at every place that the points read.
struct CodeMaps {
  PairMaps maps;
  PairPoints points;
};

// One pair type: the mean loss before weighting and the mean similarity of codes; 0 where there are no pairs.
struct PairTerm {
  double loss = 0, similarity = 0;
};

struct CorrespondenceLoss {
  double total;  // weighted sum of the reduced terms (equation 5)
  PairTerm self, knn, random;
};

// The loss; its gradient by the codes is added to `gradients`, maps of the codes' shapes.
CorrespondenceLoss correspondence_loss(const Teacher& teacher, const CodeMaps& codes, const Draws& draws,
                                       const LossOptions& options, PairMaps& gradients, PairDetails& details);

// The centred feature correspondences of the three pair types, each as one flat tensor.
struct FeatureCorrespondences {
  at::Tensor self, knn, random;
};
FeatureCorrespondences feature_correspondences(const Teacher& teacher, const Draws& draws,
                                               const LossOptions& options);

}  // namespace stego
