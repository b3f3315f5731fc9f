#include "kernels/cuda_launch.cuh"
#include "loss/kernels/pair_rows.h"

namespace stego {

template void launch_rows_on_cuda(void*, int64_t, const PairsOfAnchor&);

}  // namespace stego
