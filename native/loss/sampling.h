#pragma once
#include <vector>

#include "core/aten.h"

namespace stego {

// Continuous sample positions (modules.py sample): bilinear, border padding, align_corners True. coordinates
// [B, S, S', 2] are (x, y) in [-1, 1]; sample (i, j) reads coordinates[j, i], because the official code
// transposes the two spatial axes. Holds four neighbors and their weights per point, shared by all maps of
// one grid size.
class SamplePoints {
 public:
  SamplePoints(const at::Tensor& coordinates, int64_t grid_height, int64_t grid_width);

  // Both [B, points, 4]: rows of a map and their weights.
  SamplePoints(at::Tensor places, at::Tensor weights)
      : places_(std::move(places)), weights_(std::move(weights)) {}

  // Maps [N, h*w, C] -> [B, S'*S, C]: row i of the coordinates reads map which[i] (int64 [B]), or map i if
  // that is undefined. Differentiable.
  at::Tensor sample(const at::Tensor& maps, const at::Tensor& which = {}) const;

  // The same for one-hot maps [B, h*w, values], which are never materialized, of class maps [B, h*w] int64.
  at::Tensor sample_one_hot(const at::Tensor& classes, int64_t values) const;

  // Sampling as a product of each map with [points, grid_places]: [B, points, grid_places]. Their transposes
  // give the maps' gradients, on any device in one fixed order.
  at::Tensor matrices(int64_t grid_places) const;

  // For each row of the coordinates, the places its points read (int64, ascending), and the points on maps of
  // only those places.
  struct Reduced;
  Reduced reduce(int64_t grid_places) const;

  // The same points with weights of this type.
  SamplePoints to(at::ScalarType type) const { return {places_, weights_.to(type)}; }

  int64_t count() const { return places_.size(1); }       // points per row
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
