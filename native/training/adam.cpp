#include "training/adam.h"

#include "head/pointwise.h"

namespace stego {

Adam::Adam(NamedTensors parameters) : parameters_(std::move(parameters)) {
  for (const auto& [name, parameter] : parameters_) {
    exp_avgs_.push_back(at::zeros_like(parameter).detach());
    exp_avg_sqs_.push_back(at::zeros_like(parameter).detach());
    steps_.push_back(at::zeros({}, parameter.options().dtype(at::kFloat)).detach());
  }
}

void Adam::step(const std::vector<at::Tensor>& gradients, double learning_rate) {
  if (parameters_.empty()) return;
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> values;
  for (const auto& [name, parameter] : parameters_) values.push_back(parameter.detach());
  for (at::Tensor& step : steps_) step.add_(1);
  at::_fused_adam_(values, gradients, exp_avgs_, exp_avg_sqs_, {}, steps_, learning_rate, /*beta1=*/0.9,
                   /*beta2=*/0.999, /*weight_decay=*/0, /*eps=*/1e-8, /*amsgrad=*/false, /*maximize=*/false);
}

void Adam::save(TensorMap& tensors, const std::string& group) const {
  const std::string prefix = "optimizer." + group + ".";
  for (size_t i = 0; i < parameters_.size(); ++i) {
    tensors[prefix + parameters_[i].first + ".exp_avg"] = exp_avgs_[i];
    tensors[prefix + parameters_[i].first + ".exp_avg_sq"] = exp_avg_sqs_[i];
  }
  if (!steps_.empty()) tensors[prefix + "step"] = steps_.front();
}

void Adam::load(const TensorMap& tensors, const std::string& group) {
  const std::string prefix = "optimizer." + group + ".";
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto& [name, parameter] = parameters_[i];
    const auto read = [&](const char* what) {
      return take(tensors, prefix + name + what, parameter.sizes()).to(parameter.device());
    };
    exp_avgs_[i] = read(".exp_avg");
    exp_avg_sqs_[i] = read(".exp_avg_sq");
    steps_[i] = take(tensors, prefix + "step", {}).to(parameter.device());
  }
}

}  // namespace stego
