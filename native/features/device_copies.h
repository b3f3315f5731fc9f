#pragma once
#include <map>
#include <optional>

#include "core/aten.h"

namespace stego {

// Copies of a store's features on its backbone's device, made when they are first asked for and kept, as they
// are stored, until they fill half of the memory that was free then. On the host there are none.
class DeviceCopies {
 public:
  explicit DeviceCopies(at::Device device) : device_(device) {}

  // The features of image `index`, which `stored` holds, on the device.
  at::Tensor get(int64_t index, const at::Tensor& stored);

 private:
  at::Device device_;
  std::optional<int64_t> budget_;  // bytes
  std::map<int64_t, at::Tensor> copies_;
};

}  // namespace stego
