#pragma once
#include <vector>

#include "core/aten.h"
#include "loss/draws.h"
#include "loss/options.h"
#include "loss/sampling.h"

namespace stego {

// What an image is paired with: itself, its nearest neighbor, and, from `kRandomSlot` on, images drawn at
// random.
constexpr int64_t kSelfSlot = 0, kNeighborSlot = 1, kRandomSlot = 2;

// Features or codes of a batch and its neighbors, [places, C] per image, all of one type.
struct PairMaps {
  std::vector<at::Tensor> images, neighbors;
  at::Tensor image_masks, neighbor_masks;  // [B, C] channel factors; undefined: none
};

// Where those maps are sampled.
struct PairPoints {
  SamplePoints anchors;    // in an image itself
  SamplePoints neighbors;  // in its neighbor
  SamplePoints partners;   // in its random partners
};

// The supervision for the codes: features, or one-hot class maps for the oracle (use_true_labels).
struct Teacher {
  PairMaps features;
  at::Tensor classes, positive_classes;  // [B, H*W] int64; undefined: features supervise
  int64_t grid_height, grid_width;       // of either
  int64_t values = 0;                    // number of classes

  at::Device device() const {
    return classes.defined() ? classes.device() : features.images.front().device();
  }
};

// Codes of a batch, at least at every place the points read.
struct CodeMaps {
  PairMaps maps;
  PairPoints points;
};

// One pair type: its unweighted mean loss and its mean code similarity; 0 if there are no pairs.
struct PairTerm {
  double loss = 0, similarity = 0;
};

struct CorrespondenceLoss {
  double total;  // equation 5
  PairTerm self, knn, random;
};

// The centered feature correspondences of the three pair types, one flat tensor each.
struct FeatureCorrespondences {
  at::Tensor self, knn, random;
};

// What a caller wants in addition to the sums and the gradient.
constexpr int64_t kSimilarityBins = 80;  // equal bins over [-1, 1]
struct PairDetails {
  bool elements = false;
  at::Tensor loss, similarity;  // [B, P, n, Q] for each pair of positions
  bool histograms = false;
  std::vector<std::vector<int64_t>> counts;  // of the similarities, by slot
};

// Where to sample a batch and its partners on a grid of this size. Both must have the same number of
// positions.
PairPoints points_on_grid(const Draws& draws, int64_t height, int64_t width);

// The samples of each slot, [B, P, C]: the images themselves, their neighbors, their random partners
// (negatives [n, B]).
std::vector<at::Tensor> sample_slots(const PairMaps& maps, const PairPoints& points,
                                     const at::Tensor& negatives);
std::vector<at::Tensor> sample_classes(const Teacher& teacher, const Draws& draws);
std::vector<at::Tensor> sample_teacher(const Teacher& teacher, const Draws& draws);

// The random partners' samples as one tensor, [n, ...].
at::Tensor random_slots(const std::vector<at::Tensor>& slots);

// The value for a slot's pair type.
double of_slot(size_t slot, const PairValues& values);

// How a slot's sums count. A pair type's mean is over its images, slots and pairs of positions.
struct SlotWeight {
  double pairs;  // of positions in that mean
  double scale;  // of the slot's summed losses in the total
};
SlotWeight weight_of(int64_t slot, int64_t slots, int64_t pairs, const LossOptions& options);

// Adds the sums of a slot's losses and similarities.
void add_slot(CorrespondenceLoss& result, int64_t slot, const SlotWeight& weight, double loss,
              double similarity);

// Fills in the requested details from each slot's tensors [B, P, Q].
void keep_details(const std::vector<at::Tensor>& losses, const std::vector<at::Tensor>& similarities,
                  PairDetails& details);

}  // namespace stego
