#include "head/kernels/partition.h"
#include "kernels/cuda_launch.cuh"

namespace stego {

template void launch_on_cuda(void*, int64_t, const LogPartition&);
template void launch_on_cuda(void*, int64_t, const PartitionGradient&);

}  // namespace stego
