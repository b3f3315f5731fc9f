#include "backbone/kernels/token_rows.h"
#include "kernels/cuda_launch.cuh"

namespace stego {

template void launch_rows_on_cuda(void*, int64_t, const AddAndNormalize<float, float>&);
template void launch_rows_on_cuda(void*, int64_t, const AddAndNormalize<BrainFloat, BrainFloat>&);
template void launch_rows_on_cuda(void*, int64_t, const AddAndNormalize<BrainFloat, float>&);
template void launch_on_cuda(void*, int64_t, const AddBiasAndGelu<float>&);
template void launch_on_cuda(void*, int64_t, const AddBiasAndGelu<BrainFloat>&);

}  // namespace stego
