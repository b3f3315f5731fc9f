#pragma once
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/aten.h"

namespace stego {

// Whether work on a device is replayed as CUDA graphs; off at first.
void use_graphs(bool graphs);

// Work that is done again and again on inputs of a few shapes. On a CUDA device, if use_graphs() says so, it
// is captured once for each shape and then replayed by one call, which spares the host the start of every
// kernel. The work must not wait for the device, and must start the same kernels for every input of a shape.
class Graphs {
 public:
  using Work = std::function<at::Tensor(const at::Tensor&)>;

  // work(input); the result belongs to the caller.
  at::Tensor run(const at::Tensor& input, const Work& work);

 private:
  struct Captured;
  std::map<std::vector<int64_t>, std::shared_ptr<Captured>> captured_;  // by the input's shape
};

}  // namespace stego
