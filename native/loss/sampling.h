#pragma once
#include <vector>

#include "core/aten.h"

namespace stego {

// Continuous sample positions (modules.py sample): bilinear, border padding, align_corners True.
// coordinates [B, S, S', 2] in [-1, 1] as (x, y); sample (i, j) reads coordinates[j, i], as the official code
// does by transposing the two spatial axes. Four neighbors and their weights, shared by all maps of one grid
// size.
class SamplePoints {
 public:
  SamplePoints(const at::Tensor& coordinates, int64_t grid_height, int64_t grid_width);

  // Both [B, points, 4]: rows of a map and their weights.
  SamplePoints(at::Tensor places, at::Tensor weights)
      : places_(std::move(places)), weights_(std::move(weights)) {}

  // B maps [h*w, C] -> [B, S'*S, C]: each map at the points of its row of the coordinates. Differentiable.
  at::Tensor sample(at::TensorList maps) const;

  // The same of one-hot maps [B, h*w, values] of class maps [B, h*w] int64, which never exist whole.
  at::Tensor sample_one_hot(const at::Tensor& classes, int64_t values) const;

  // For each row of the coordinates the places that its points read, ascending, int64 each; and the points on
  // maps of those places alone.
  struct Reduced;
  Reduced reduce(int64_t grid_places) const;

  // The same points with weights of this type.
  SamplePoints to(at::ScalarType type) const { return {places_, weights_.to(type)}; }

  int64_t count() const { return places_.size(1); }       // of points in a row
  const at::Tensor& places() const { return places_; }    // [B, S'*S, 4] rows of a map
  const at::Tensor& weights() const { return weights_; }  // [B, S'*S, 4]

 private:
  at::Tensor places_, weights_;
};

struct SamplePoints::Reduced {
  std::vector<at::Tensor> places;
  SamplePoints points;
};

}  // namespace stego
