#include "backbone/tensor_blocks.h"

#include "backbone/kernels/token_rows.h"
#include "device/launch.h"

namespace stego {

namespace {

// A tensor's values as kernels see them.
template <typename Value>
Value* values_of(const at::Tensor& tensor) {
  return static_cast<Value*>(tensor.mutable_data_ptr());
}

// Adds `change` (undefined: nothing) to the residual x, float32 [B, T, C], in place, and returns the
// LayerNorm of the sum in the type of Result.
template <typename Change, typename Result>
at::Tensor add_and_normalize(const at::Tensor& x, const at::Tensor& change, const at::Tensor& weight,
                             const at::Tensor& bias, at::ScalarType result_type) {
  const at::Tensor own = change.defined() ? change.contiguous() : change;
  at::Tensor result = at::empty(x.sizes(), x.options().dtype(result_type));
  const int64_t channels = x.size(-1);
  launch_rows(
      x.device(), x.numel() / channels,
      AddAndNormalize<Change, Result>{own.defined() ? values_of<Change>(own) : nullptr, values_of<float>(x),
                                      values_of<float>(weight), values_of<float>(bias), channels,
                                      static_cast<float>(kNormEpsilon), values_of<Result>(result)});
  return result;
}

// In the type of the products.
at::Tensor add_and_normalize(const at::Tensor& x, const at::Tensor& change, const at::Tensor& weight,
                             const at::Tensor& bias, at::ScalarType type) {
  return type == at::kFloat ? add_and_normalize<float, float>(x, change, weight, bias, type)
                            : add_and_normalize<BrainFloat, BrainFloat>(x, change, weight, bias, type);
}

// In float32, whatever the type of the change.
at::Tensor add_and_finish(const at::Tensor& x, const at::Tensor& change, const StackWeights& weights) {
  const at::Tensor &weight = weights.norm_weight, &bias = weights.norm_bias;
  return !change.defined() || change.scalar_type() == at::kFloat
             ? add_and_normalize<float, float>(x, change, weight, bias, at::kFloat)
             : add_and_normalize<BrainFloat, float>(x, change, weight, bias, at::kFloat);
}

// GELU(x + bias) in place.
template <typename Value>
void add_bias_and_gelu(const at::Tensor& x, const at::Tensor& bias) {
  launch(x.device(), x.numel(),
         AddBiasAndGelu<Value>{values_of<Value>(x), values_of<Value>(bias), bias.numel()});
}

// [B, heads, T, C / heads] -> [B, T, C]
at::Tensor side_by_side(const at::Tensor& heads) {
  return heads.transpose(1, 2).flatten(2);
}

}  // namespace

TensorBlocks::TensorBlocks(const StackWeights& weights, at::Device device, at::ScalarType type)
    : weights_(weights.to(device, type)), device_(device), type_(type) {}

at::Tensor TensorBlocks::run(const at::Tensor& tokens, const FeatureOptions& features, InnerTensors* inner,
                             const CancelFlag& cancel) const {
  const at::NoGradGuard no_grad;
  const auto depth = static_cast<int64_t>(weights_.blocks.size()), last = depth - features.layer;
  const at::Tensor x = tokens.to(device_, at::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous();
  at::Tensor change;  // what is still to be added to x, [B, T, C]
  for (int64_t i = 0; i <= last; ++i) {
    cancel.poll();
    const BlockWeights& block = weights_.blocks[i];
    const at::Tensor qkv =
        queries_keys_values(block, add_and_normalize(x, change, block.norm1_weight, block.norm1_bias, type_));
    if (i == last && features.kind == FeatureKind::keys)
      return side_by_side(qkv[1]).slice(1, 1).to(at::kFloat);
    change =
        mlp(block, add_and_normalize(x, attention(block, qkv), block.norm2_weight, block.norm2_bias, type_));
    if (!inner || i < depth - inner->last_blocks) continue;
    inner->qkv.push_back(qkv.to(at::kFloat));
    inner->features.push_back(add_and_finish(x, change, weights_));
    change.reset();
  }
  const at::Tensor result = add_and_finish(x, change, weights_);
  return result.slice(1, 1);  // [B, h*w, C]
}

// [3, B, heads, T, C / heads]
at::Tensor TensorBlocks::queries_keys_values(const BlockWeights& block, const at::Tensor& x) const {
  const at::Tensor qkv = at::linear(x, block.qkv_weight, block.qkv_bias);  // [B, T, 3 C]
  return qkv.view({x.size(0), x.size(1), 3, weights_.heads, -1}).permute({2, 0, 3, 1, 4});
}

// softmax(q k' / sqrt(C / heads)) v in each head, then the projection of all heads together.
at::Tensor TensorBlocks::attention(const BlockWeights& block, const at::Tensor& qkv) const {
  const at::Tensor mixed =
      at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]);  // [B, heads, T, C / heads]
  return at::linear(side_by_side(mixed), block.proj_weight, block.proj_bias);
}

at::Tensor TensorBlocks::mlp(const BlockWeights& block, const at::Tensor& x) const {
  const at::Tensor hidden = at::matmul(x, block.fc1_weight.t());  // [B, T, 4 C]
  type_ == at::kFloat ? add_bias_and_gelu<float>(hidden, block.fc1_bias)
                      : add_bias_and_gelu<BrainFloat>(hidden, block.fc1_bias);
  return at::linear(hidden, block.fc2_weight, block.fc2_bias);
}

}  // namespace stego
