#pragma once
#include <cstdint>

namespace stego {

// What to do with the spatial mean of the feature correspondence F (equation 3;
// docs/method-constants.md#departures-of-the-official-code).
enum class Centering {
  official,  // F - mean_ij F + mean F: anchors are centred, the overall mean is put back
  paper,     // F - mean_ij F
  none,      // F
};

enum class Reduction { mean, sum };

// How the images of the random pairs are drawn.
enum class Negatives {
  official,     // a permutation whose fixed points move on by one: repeats occur (modules.py super_perm)
  derangement,  // a permutation without fixed points
};

// What the online cluster probe descends (docs/method-constants.md#probes-and-learning-rates).
enum class ClusterObjective {
  nearest_center,    // every position pulls its nearest centre (official)
  nearest_position,  // every centre is pulled to its nearest position in each image
};

constexpr double kSampleEpsilon = 1e-10;  // least norm that a sample is divided by
constexpr double kStableSimilarity =
    0.8;  // where `stabilize` clamps code similarities (the official stabalize)

// One number for each pair type: an image with itself, with a neighbour, with random images.
struct PairValues {
  double self = 0, knn = 0, random = 0;
};

// The alignment of codes with those of an augmented view (train_segmentation.py aug_alignment).
struct AlignmentOptions {
  double weight = 0;
  bool official_axes = false;  // rows and columns exchanged, as the official code compares them
};

// The contrastive CRF loss (modules.py ContrastiveCRFLoss).
struct ContrastiveCrfOptions {
  double weight = 0;
  int64_t samples = 1000;                         // pixels drawn, shared by the images of a batch
  double alpha = 0.5, beta = 0.15, gamma = 0.05;  // widths: position, colour, position of the second kernel
  double bilateral = 10, gaussian = 3;            // weights of the two kernels (w1, w2)
  double shift = 0;
};

struct LossOptions {
  PairValues shifts;
  PairValues weights{0.67, 0.25, 0.63};
  double correspondence_weight = 1;  // of the sum of the three
  Centering centering = Centering::official;
  bool zero_clamp = true;  // code similarity is clamped at 0 from below
  bool stabilize = false;  // and at 0.8 from above
  Reduction reduction = Reduction::mean;
  int64_t feature_samples = 11;  // S: S x S positions an image; 0: every position of the grid
  int64_t negative_samples = 5;  // random pairings a step
  Negatives negatives = Negatives::official;
  double dropout = 0.1;         // Dropout2d on features
  bool feature_dropout = true;  // also on the features that teach
  double reconstruction_weight = 0;
  AlignmentOptions alignment;
  ContrastiveCrfOptions crf;
  ClusterObjective cluster_objective = ClusterObjective::nearest_center;
  bool plain = false;  // the plain form where a fast one exists, as on other devices
};

}  // namespace stego
