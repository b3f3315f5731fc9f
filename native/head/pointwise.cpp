#include "head/pointwise.h"

#include <cmath>

#include "core/error.h"

namespace stego {

Pointwise initial_pointwise(int64_t inputs, int64_t outputs, at::Generator generator) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(inputs));
  return {at::empty({outputs, inputs}, at::kFloat).uniform_(-bound, bound, generator),
          at::empty({outputs}, at::kFloat).uniform_(-bound, bound, generator)};
}

void put(TensorMap& tensors, const std::string& name, const Pointwise& layer) {
  tensors[name + ".weight"] = layer.weight.detach().view({layer.weight.size(0), layer.weight.size(1), 1, 1});
  tensors[name + ".bias"] = layer.bias.detach();
}

at::Tensor take(const TensorMap& tensors, const std::string& name, at::IntArrayRef shape) {
  const auto entry = tensors.find(name);
  if (entry == tensors.end()) {
    throw Error("ERR_STEGO_CHECKPOINT",
                text("Expected tensor '", name, "' in the checkpoint, but it is missing."));
  }
  if (entry->second.sizes() != shape) {
    std::ostringstream message;
    message << "Expected tensor '" << name << "' of shape " << shape << " in the checkpoint, got "
            << entry->second.sizes() << ".";
    throw Error("ERR_STEGO_CHECKPOINT", message.str());
  }
  return entry->second.to(at::kFloat).clone();
}

Pointwise take_pointwise(const TensorMap& tensors, const std::string& name, int64_t inputs, int64_t outputs) {
  return {take(tensors, name + ".weight", {outputs, inputs, 1, 1}).view({outputs, inputs}),
          take(tensors, name + ".bias", {outputs})};
}

}  // namespace stego
