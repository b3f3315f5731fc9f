#pragma once
#include <array>
#include <optional>
#include <vector>

#include "core/aten.h"
#include "core/instructions.h"
#include "imaging/transform.h"

namespace stego::crf {

// What a label set starts from.
enum class ScoreKind {
  energies,       // unaries as they are
  probabilities,  // energy -log(clip(p, 1e-5, 1)), as STEGO makes it
  logits,         // the same of their softmax
};

// The scores of a picture's labels, float32 [labels, height, width].
struct LabelScores {
  ScoreKind kind;
  at::Tensor values;
};

// Where the filtered number of neighbors of each pixel is divided out
// (docs/dense-crf-algorithm.md#normalization).
enum class Normalization { none, before, after, symmetric };

// What makes pixels alike: places, and colors where there are color_std. In pixels, and in steps of 8-bit
// channels in the order of the picture.
struct FilterOptions {
  std::array<double, 2> xy_std;
  std::optional<std::array<double, 3>> color_std;
  Normalization normalization = Normalization::symmetric;
};

// How unlike labels repel each other in one kernel: one weight (Potts; attractive where positive), the energy
// of each label [labels], or of each pair of labels [labels, labels], symmetrized when it is used.
struct Compatibility {
  std::vector<float> values;
};

// A kernel.
struct Term {
  FilterOptions filter;
  Compatibility compatibility;
};

struct Options {
  std::vector<Term> terms;  // in the order of their messages: pydensecrf has places, then places and colors
  int64_t iterations;
  Instructions instructions = Instructions::automatic;
  bool plain = false;  // the plain form where a fast one exists, as on other devices
};

// STEGO's: places with deviation 1 and weight 3; places with 67 and colors with 3, weight 4; ten iterations.
Options stego_options();

// A picture, uint8 [height, width, 3], one or several label sets for it, and what to make of them.
struct Problem {
  ImageView image;
  std::vector<LabelScores> scores;
  Options options;
};

}  // namespace stego::crf
