#pragma once
#include <array>
#include <optional>
#include <vector>

#include "core/aten.h"
#include "core/instructions.h"
#include "imaging/transform.h"
#include "kernels/launch_order.h"

namespace stego::crf {

// What a label set's scores are.
enum class ScoreKind {
  energies,       // used as they are
  probabilities,  // energy -log(clip(p, 1e-5, 1)), as in STEGO
  logits,         // the same, from their softmax
};

// The scores of a picture's labels, float32 [labels, height, width]. The device that they are on does the
// inference.
struct LabelScores {
  ScoreKind kind;
  at::Tensor values;
};

// Where to divide by each pixel's filtered number of neighbors (docs/dense-crf-algorithm.md#normalization).
enum class Normalization { none, before, after, symmetric };

// What makes pixels similar: position, and color if there is a color_std. In pixels, and in steps of 8-bit
// channels in the picture's channel order.
struct FilterOptions {
  std::array<double, 2> xy_std;
  std::optional<std::array<double, 3>> color_std;
  Normalization normalization = Normalization::symmetric;
};

// How different labels repel each other in one kernel: one weight (Potts; attractive if positive), one energy
// per label [labels], or one per pair of labels [labels, labels], symmetrized before use.
struct Compatibility {
  std::vector<float> values;
};

// A kernel.
struct Term {
  FilterOptions filter;
  Compatibility compatibility;
};

enum class Form {
  automatic,  // the fastest of the CPU
  operators,  // libtorch's operators, which run on any device
  kernels,    // a GPU's kernels, run on the host one index after another: for tests
};

struct Options {
  std::vector<Term> terms;  // in message order: pydensecrf has position first, then position and color
  int64_t iterations;
  Instructions instructions = Instructions::automatic;
  Form form = Form::automatic;
  LaunchOrder order = LaunchOrder::ascending;  // of the kernels' indices
};

// STEGO's settings: positions with deviation 1, weight 3; positions with 67 and colors with 3, weight 4; ten
// iterations.
Options stego_options();

// A picture, uint8 [height, width, 3], its label sets, and how to refine them.
struct Problem {
  ImageView image;
  std::vector<LabelScores> scores;
  Options options;
};

}  // namespace stego::crf
