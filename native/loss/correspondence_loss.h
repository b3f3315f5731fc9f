#pragma once
#include <vector>

#include "core/aten.h"
#include "loss/draws.h"
#include "loss/options.h"
#include "loss/sampling.h"

namespace stego {

// L2-normalised over channels with eps 1e-10.
at::Tensor normalize_samples(const at::Tensor& samples);

// Cosine similarity of every pair of positions (equations 1 and 2): unit vectors [B, P, C] of images and
// [B * n, Q, C] of n partners each -> [B, P, n, Q].
at::Tensor correspondence(const at::Tensor& unit1, const at::Tensor& unit2);

// Centres [B, P, n, Q] over each anchor's Q; the overall mean is that of each of the n draws by itself.
at::Tensor center(const at::Tensor& feature_correspondence, Centering centering);

// Elementwise loss of one pairing (equations 3 and 4): -clamp(S) * (F - shift), with F already centred.
at::Tensor pair_loss(const at::Tensor& feature_correspondence, const at::Tensor& code_correspondence,
                     double shift, const LossOptions& options);

// What teaches: features of a batch and of its neighbours on the codes' grid, [B, h*w, C]; or, for the oracle
// (use_true_labels), class maps [B, H*W] int64 of a grid of their own with values below `values`.
struct Teacher {
  at::Tensor maps, positive_maps;
  int64_t grid_height, grid_width;
  int64_t values = 0;  // 0: features

  // Samples of one of the two at these points, [B, P, C].
  at::Tensor sample(const SamplePoints& points, bool positive, const at::Tensor& sources = {}) const;
};

// Codes of a batch and of its neighbours, [B, h*w, dim], and their teacher.
struct PairInput {
  Teacher teacher;
  at::Tensor codes, positive_codes;
  int64_t grid_height, grid_width;
};

// Elementwise losses and code similarities of one pair type, [B, P, n, Q]; n is 1 but for the random pairs.
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
FeatureCorrespondences feature_correspondences(const Teacher& teacher, const Draws& draws,
                                               const LossOptions& options);

}  // namespace stego
