#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "crf/kernels/device_mean_field.h"

namespace stego::crf {

// DeviceMeanField without its device's type.
class DeviceField {
 public:
  virtual ~DeviceField() = default;
  virtual void step(int64_t set) = 0;
  // [points, labels]: the probabilities; minus the unaries and the energies that follow from them.
  virtual void read(int64_t set, float* probabilities) const = 0;
  virtual void read_scores(int64_t set, float* scores) = 0;
  virtual int64_t labels(int64_t set) const = 0;
  virtual int64_t sets() const = 0;
  virtual std::vector<int64_t> vertices() const = 0;
};

template <typename Device>
class FieldOn : public DeviceField {
 public:
  FieldOn(const Device& device, int64_t points, const std::vector<DeviceTerm>& terms,
          const std::vector<DeviceSet>& sets)
      : device_(device), field_(device_, points, terms, sets) {}
  void step(int64_t set) override { field_.step(set); }
  void read(int64_t set, float* probabilities) const override { field_.read(set, probabilities); }
  void read_scores(int64_t set, float* scores) override { field_.read_scores(set, scores); }
  int64_t labels(int64_t set) const override { return field_.labels(set); }
  int64_t sets() const override { return field_.sets(); }
  std::vector<int64_t> vertices() const override { return field_.vertices(); }

 private:
  Device device_;
  DeviceMeanField<Device> field_;
};

// On the current CUDA device, in the order of a stream (cudaStream_t). Throws std::runtime_error for what
// CUDA refuses. Only in builds with CUDA.
std::unique_ptr<DeviceField> cuda_field(void* stream, int64_t points, const std::vector<DeviceTerm>& terms,
                                        const std::vector<DeviceSet>& sets);

}  // namespace stego::crf
