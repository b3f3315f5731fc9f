#include "backbone/tensor_blocks.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include "core/error.h"
#include "core/instructions.h"

namespace stego {

namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
using Reorder = at::Tensor(const at::Tensor& weight, std::optional<int64_t> batch);
using Pointwise = at::Tensor(const at::Tensor& input, const at::Tensor& weight,
                             const std::optional<at::Tensor>& bias, std::string_view activation,
                             Scalars scalars, std::optional<std::string_view> algorithm);

// oneDNN's layers are not among libtorch's headers: they are found by name, or not there.
struct Mkldnn {
  std::optional<c10::TypedOperatorHandle<Reorder>> reorder;
  std::optional<c10::TypedOperatorHandle<Pointwise>> linear;
};

const Mkldnn& mkldnn() {
  static const Mkldnn found = [] {
    auto& dispatcher = c10::Dispatcher::singleton();
    const auto reorder = dispatcher.findSchema({"mkldnn::_reorder_linear_weight", ""});
    const auto linear = dispatcher.findSchema({"mkldnn::_linear_pointwise", ""});
    if (!at::globalContext().hasMKLDNN() || !reorder || !linear) return Mkldnn{};
    return Mkldnn{reorder->typed<Reorder>(), linear->typed<Pointwise>()};
  }();
  return found;
}

// Whether weights of this type are laid out by oneDNN, which has bfloat16 only where AVX-512 can round to it.
bool can_prepack(at::Device device, at::ScalarType dtype) {
  return device.is_cpu() && mkldnn().reorder.has_value() &&
         (dtype == at::kFloat || available(Instructions::automatic) == Instructions::avx512);
}

}  // namespace

at::Tensor TensorBlocks::Linear::operator()(const at::Tensor& input, bool gelu) const {
  if (prepacked) {
    return mkldnn().linear->call(input, weight, bias, gelu ? "gelu" : "none", Scalars(), "none");
  }
  at::Tensor output = at::linear(input, weight, bias);
  return gelu ? at::gelu_(output) : output;
}

TensorBlocks::Linear TensorBlocks::pack(const at::Tensor& weight, const at::Tensor& bias) const {
  const at::Tensor own = weight.to(device_, dtype_).contiguous();
  const bool prepacked = can_prepack(device_, dtype_);
  return {prepacked ? mkldnn().reorder->call(own, std::nullopt) : own, bias.to(device_, dtype_), prepacked};
}

TensorBlocks::TensorBlocks(const StackWeights& weights, at::Device device, at::ScalarType dtype)
    : device_(device), dtype_(dtype), dim_(weights.norm_weight.size(0)), heads_(weights.heads) {
  const at::NoGradGuard no_grad;
  const auto plain = [&](const at::Tensor& weight, const at::Tensor& bias) {
    return Norm{weight.to(device, at::kFloat), bias.to(device, at::kFloat)};
  };
  norm_ = plain(weights.norm_weight, weights.norm_bias);
  for (const BlockWeights& block : weights.blocks) {
    blocks_.push_back({plain(block.norm1_weight, block.norm1_bias),
                       plain(block.norm2_weight, block.norm2_bias), pack(block.qkv_weight, block.qkv_bias),
                       pack(block.qkv_weight.narrow(0, dim_, dim_), block.qkv_bias.narrow(0, dim_, dim_)),
                       pack(block.proj_weight, block.proj_bias), pack(block.fc1_weight, block.fc1_bias),
                       pack(block.fc2_weight, block.fc2_bias)});
  }
}

at::Tensor TensorBlocks::normalize(const Norm& norm, const at::Tensor& tokens) const {
  return at::layer_norm(tokens, {dim_}, norm.weight, norm.bias, kNormEpsilon);
}

at::Tensor TensorBlocks::run(const at::Tensor& input, const FeatureOptions& features, InnerTensors* inner,
                             const CancelFlag& cancel) const {
  const at::NoGradGuard no_grad;
  const int64_t batch = input.size(0), count = input.size(1);
  const auto depth = static_cast<int64_t>(blocks_.size()), source = depth - features.layer;
  at::Tensor tokens = input.to(device_, at::kFloat, false, /*copy=*/true);
  for (int64_t i = 0; i <= source; ++i) {
    cancel.poll();
    const Block& block = blocks_[i];
    const bool wanted = inner && i >= depth - inner->last_blocks;
    const at::Tensor normed = normalize(block.norm1, tokens).to(dtype_);
    if (i == source && features.kind == FeatureKind::keys)
      return block.keys(normed.slice(1, 1)).to(at::kFloat);
    const at::Tensor qkv =
        block.qkv(normed).view({batch, count, 3, heads_, dim_ / heads_}).permute({2, 0, 3, 1, 4});
    if (wanted) inner->qkv.push_back(qkv.to(at::kFloat));
    const at::Tensor mixed =
        at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]);  // [B, heads, T, C / heads]
    tokens += block.proj(mixed.transpose(1, 2).reshape({batch, count, dim_}));
    cancel.poll();
    tokens += block.fc2(block.fc1(normalize(block.norm2, tokens).to(dtype_), /*gelu=*/true));
    if (wanted) inner->features.push_back(normalize(norm_, tokens));
  }
  return normalize(norm_, tokens.slice(1, 1));
}

}  // namespace stego
