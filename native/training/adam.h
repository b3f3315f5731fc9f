#pragma once
#include <string>
#include <utility>
#include <vector>

#include "core/aten.h"
#include "tensors/stored_tensor.h"

namespace stego {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// Adam with PyTorch's defaults (betas .9 and .999, eps 1e-8, no decay) for one group of parameters.
class Adam {
 public:
  explicit Adam(NamedTensors parameters);

  // Updates in place; gradients are in the order of the parameters.
  void step(const std::vector<at::Tensor>& gradients, double learning_rate);

  const NamedTensors& parameters() const { return parameters_; }

  // State is stored under `optimizer.<group>.step` and `optimizer.<group>.<parameter>.exp_avg`,
  // `.exp_avg_sq`.
  void save(TensorMap& tensors, const std::string& group) const;
  void load(const TensorMap& tensors, const std::string& group);

 private:
  NamedTensors parameters_;
  std::vector<at::Tensor> exp_avgs_, exp_avg_sqs_, steps_;
};

}  // namespace stego
