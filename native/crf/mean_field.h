#pragma once
#include <memory>
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "crf/problem.h"

namespace stego::crf {

// Mean-field inference for one or more label sets of a picture. Starts from softmax(-U).
class MeanField {
 public:
  virtual ~MeanField() = default;

  // Runs one iteration: Q = softmax(-U - sum of the kernels' messages). Polls all along; a
  // cancelled field is of no further use.
  virtual void step(const CancelFlag& cancel) = 0;

  virtual at::Tensor probabilities(int64_t set) const = 0;  // float32 [labels, height, width]
  virtual at::Tensor labels(int64_t set) const = 0;         // uint8 [height, width], the first maximum
  // KL divergence of the current Q from the CRF's distribution, up to a constant. Costs one filtering pass.
  virtual double divergence(int64_t set) = 0;

  virtual int64_t sets() const = 0;
  virtual std::vector<int64_t> vertices() const = 0;  // of each kernel's lattice
  virtual int64_t bytes() const = 0;                  // lattices included
};

// Builds a problem's lattices, polling in between. The problem must have passed check().
std::unique_ptr<MeanField> make_mean_field(const Problem& problem, const CancelFlag& cancel);

}  // namespace stego::crf
