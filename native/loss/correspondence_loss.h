#pragma once
#include <vector>

#include "core/aten.h"

namespace stego {

// What to do with the spatial mean of the feature correspondence F (equation 4 and stego.md B).
enum class Centering {
  official,  // F - mean_ij F + mean F: anchors are centred, the overall mean is put back
  paper,     // F - mean_ij F
  none,      // F
};

enum class Reduction { mean, sum };

// One number for each pair type: an image with itself, with a neighbour, with random images.
struct PairValues {
  double self = 0, knn = 0, random = 0;
};

struct LossOptions {
  PairValues shifts;
  PairValues weights{0.67, 0.25, 0.63};
  Centering centering = Centering::official;
  bool zero_clamp = true;  // code similarity is clamped at 0 from below
  bool stabilize = false;  // and at 0.8 from above
  Reduction reduction = Reduction::mean;
  int64_t feature_samples = 11;  // S: S x S positions an image
  int64_t negative_samples = 5;  // random pairings a step
  double dropout = 0.1;          // Dropout2d on features
  bool feature_dropout = true;   // also on the features that teach
};

// L2-normalised over channels with eps 1e-10.
at::Tensor normalize_samples(const at::Tensor& samples);

// Cosine similarity of every pair of positions (equations 1 and 2): unit vectors [B, P, C], [B, Q, C] -> [B,
// P, Q].
at::Tensor correspondence(const at::Tensor& unit1, const at::Tensor& unit2);

at::Tensor center(const at::Tensor& feature_correspondence, Centering centering);

// Elementwise loss of one pairing (equations 3 and 4): -clamp(S) * (F - shift), with F already centred.
at::Tensor pair_loss(const at::Tensor& feature_correspondence, const at::Tensor& code_correspondence,
                     double shift, const LossOptions& options);

// Positions and pairings of one step, drawn beforehand.
struct Draws {
  at::Tensor coordinates1, coordinates2;  // [B, S, S, 2]
  at::Tensor negatives;                   // [negative_samples, B] image of each random pair
  Draws to(at::Device device) const {
    return {coordinates1.to(device), coordinates2.to(device), negatives.to(device)};
  }
};
Draws draw_positions(int64_t batch, const LossOptions& options, at::Generator generator);

// Features and codes of a batch and of its neighbours, [B, h*w, C] and [B, h*w, dim].
struct PairInput {
  at::Tensor features, codes, positive_features, positive_codes;
  int64_t grid_height, grid_width;
};

// Elementwise losses and code similarities of one pair type, [B, P, Q] or, for the random pairs, [n, B, P,
// Q].
struct PairTerm {
  at::Tensor loss, similarity;
};

struct CorrespondenceLoss {
  at::Tensor total;  // weighted sum of the reduced terms (equation 5)
  PairTerm self, knn, random;
};
CorrespondenceLoss correspondence_loss(const PairInput& input, const Draws& draws,
                                       const LossOptions& options);

// The centred feature correspondences of the three pair types, each as one flat tensor.
struct FeatureCorrespondences {
  at::Tensor self, knn, random;
};
FeatureCorrespondences feature_correspondences(const at::Tensor& features,
                                               const at::Tensor& positive_features, int64_t grid_height,
                                               int64_t grid_width, const Draws& draws,
                                               const LossOptions& options);

}  // namespace stego
