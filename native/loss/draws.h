#pragma once
#include "core/aten.h"
#include "loss/options.h"

namespace stego {

// The positions and pairings of one step, drawn in advance.
struct Draws {
  at::Tensor coordinates1, coordinates2;  // [B, S, S, 2] as (x, y) in [-1, 1]
  at::Tensor negatives;                   // [negative_samples, B] image of each random pair
  at::Tensor crf_places;                  // [2, n] rows and columns, undefined without the CRF term
};

// Salient pixels of a batch and of its positives, uint8 [B, H, W] each, nonzero where salient; undefined if
// positions are drawn uniformly.
struct Salience {
  at::Tensor images, positives;
};

// Side of the picture and codes that the contrastive CRF compares (train_segmentation.py).
constexpr int64_t kCrfSide = 56;

// Draws one step's positions and pairings on a grid of height x width positions.
Draws draw_positions(int64_t batch, int64_t height, int64_t width, const LossOptions& options,
                     const Salience& salience, at::Generator generator);

// Uniform in [-1, 1): [batch, samples, samples, 2].
at::Tensor draw_coordinates(int64_t batch, int64_t samples, at::Generator generator);

// Draws nine of ten positions from the salient pixels of a mask [B, H, W] (uniformly if it has none) and the
// tenth uniformly (modules.py sample_nonzero_locations): [B, samples, samples, 2].
at::Tensor draw_salient_coordinates(const at::Tensor& mask, int64_t samples, at::Generator generator);

// The pseudo-permutation of the official negatives (modules.py super_perm): entries equal to their index are
// moved on by one, modulo n. No fixed points for n > 1, but repeats occur.
at::Tensor shift_fixed_points(const at::Tensor& permutation);

// The random partner of each image in a batch; for a batch of one, the image itself.
at::Tensor draw_negatives(int64_t batch, Negatives negatives, at::Generator generator);

}  // namespace stego
