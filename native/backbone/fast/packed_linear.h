#pragma once
#include "backbone/fast/kernels.h"
#include "core/aten.h"

namespace stego::vit {

// A linear layer in the order a kernel reads it. Columns are zero-padded to whole panels.
class PackedLinear {
 public:
  // weight [N, K], bias [N], any float type on the CPU.
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias, const Kernels& kernels);

  int64_t columns() const { return bias_.size(0); }  // padded

  void apply(Rows<const float*> input, int64_t rows, Finish finish, Rows<float*> output) const {
    kernels_->product({input, depth_, panels_.const_data_ptr<float>(), bias_.const_data_ptr<float>(),
                       columns(), output, finish},
                      rows);
  }

 private:
  const Kernels* kernels_;
  int64_t depth_;
  at::Tensor panels_, bias_;
};

}  // namespace stego::vit
