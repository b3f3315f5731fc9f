#include "crf/kernels/device_field.h"
#include "kernels/cuda_device.cuh"

namespace stego::crf {

std::unique_ptr<DeviceField> cuda_field(void* stream, int64_t points, const std::vector<DeviceTerm>& terms,
                                        const std::vector<DeviceSet>& sets) {
  return std::make_unique<FieldOn<CudaDevice>>(CudaDevice(static_cast<cudaStream_t>(stream)), points, terms,
                                               sets);
}

}  // namespace stego::crf
