#pragma once
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"

namespace stego {

// The rows of a matrix as vectors of unit length, x / max(|x|, 1e-12), without a copy of them: a matrix that
// is mapped from a file is read where it lies.
class UnitRows {
 public:
  // vectors: float32 [N, C] on the CPU, the values of a row side by side, the rows any stride apart.
  // ERR_STEGO_ARGUMENT for values that are not finite.
  UnitRows(const at::Tensor& vectors, const CancelFlag& cancel);

  int64_t count() const { return vectors_.size(0); }
  int64_t dim() const { return dim_; }
  const float* row(int64_t index) const { return data_ + index * stride_; }
  // What brings a row to unit length; 0 for a row of zeros, whose cosines are 0.
  double factor(int64_t index) const { return factors_[index]; }

 private:
  at::Tensor vectors_;
  const float* data_;
  int64_t stride_, dim_;
  std::vector<double> factors_;
};

// Cosine of two rows, at most 1: summed in float64 in one order on every machine, and the same both ways
// round.
float cosine(const UnitRows& rows, int64_t row, const UnitRows& columns, int64_t column);

}  // namespace stego
