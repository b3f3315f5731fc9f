#pragma once
#include <cstdint>

namespace stego {

// How to treat the spatial mean of the feature correspondence F (equation 3;
// docs/method-constants.md#departures-of-the-official-code).
enum class Centering {
  official,  // F - mean_ij F + mean F: anchors are centered, the overall mean is added back
  paper,     // F - mean_ij F
  none,      // F
};

enum class Reduction { mean, sum };

// How the images of the random pairs are drawn.
enum class Negatives {
  official,     // a permutation whose fixed points are moved on by one: repeats occur (modules.py super_perm)
  derangement,  // a permutation without fixed points
};

// What the cluster probe minimizes (docs/method-constants.md#probes-and-learning-rates).
enum class ClusterObjective {
  nearest_center,    // every position pulls its nearest center (official)
  nearest_position,  // every center is pulled to its nearest position in each image
};

constexpr double kSampleEpsilon = 1e-10;  // smallest norm that a sample is divided by
constexpr double kStableSimilarity =
    0.8;  // where `stabilize` clamps code similarities (the official stabalize)

// One number per pair type: an image with itself, with a neighbor, with random images.
struct PairValues {
  double self, knn, random;
};

// Aligns codes with those of an augmented view (train_segmentation.py aug_alignment).
struct AlignmentOptions {
  double weight;
  bool official_axes;  // swap rows and columns, as the official code does
};

// The contrastive CRF loss (modules.py ContrastiveCRFLoss).
struct ContrastiveCrfOptions {
  double weight;
  int64_t samples;             // pixels drawn, shared by the images of a batch
  double alpha, beta, gamma;   // widths: position, color, position of the second kernel
  double bilateral, gaussian;  // weights of the two kernels (w1, w2)
  double shift;
};

// What a step minimizes. The defaults are those of a run's options (lib/method).
struct LossOptions {
  PairValues shifts, weights;
  double correspondence_weight;  // weight of the weighted sum of the three
  Centering centering;
  bool zero_clamp;  // clamp code similarity at 0 from below
  bool stabilize;   // and at kStableSimilarity from above
  Reduction reduction;
  int64_t feature_samples;   // S: S x S positions per image; 0: every position of the grid
  int64_t negative_samples;  // random pairings per step
  Negatives negatives;
  double dropout;        // Dropout2d on features
  bool feature_dropout;  // also on the features that supervise
  double reconstruction_weight;
  AlignmentOptions alignment;
  ContrastiveCrfOptions crf;
  ClusterObjective cluster_objective;
  bool plain;  // libtorch's operators alone, with which tests compare the other forms
};

}  // namespace stego
