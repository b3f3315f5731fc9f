#pragma once
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"

namespace stego {

// The rows of a matrix as unit vectors, x / max(|x|, 1e-12), without copying: a matrix mapped from a file is
// read in place.
class UnitRows {
 public:
  // vectors: float32 [N, C] on the CPU, each row contiguous, rows at any stride. Throws ERR_STEGO_ARGUMENT
  // for non-finite values.
  UnitRows(const at::Tensor& vectors, const CancelFlag& cancel);

  int64_t count() const { return vectors_.size(0); }
  int64_t dim() const { return dim_; }
  const float* row(int64_t index) const { return data_ + index * stride_; }
  // The factor that scales a row to unit length; 0 for a zero row, whose cosines are 0.
  double factor(int64_t index) const { return factors_[index]; }

 private:
  at::Tensor vectors_;
  const float* data_;
  int64_t stride_, dim_;
  std::vector<double> factors_;
};

// Cosine of two rows, at most 1: summed in float64 in one fixed order on every machine, and symmetric.
float cosine(const UnitRows& rows, int64_t row, const UnitRows& columns, int64_t column);

}  // namespace stego
