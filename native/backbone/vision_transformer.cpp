#include "backbone/vision_transformer.h"

#include <cmath>

#include "core/error.h"

namespace stego {

namespace {

constexpr double kNormEpsilon = 1e-6;

std::string shape_text(at::IntArrayRef shape) {
  std::string result = "[";
  for (size_t i = 0; i < shape.size(); ++i) result += text(i ? ", " : "", shape[i]);
  return result + "]";
}

}  // namespace

VisionTransformer::VisionTransformer(const TensorMap& weights, const std::string& prefix, int64_t heads,
                                     const FeatureOptions& features, at::Device device, at::ScalarType dtype)
    : features_(features), device_(device), dtype_(dtype) {
  const auto find = [&](const std::string& name) {
    const auto entry = weights.find(prefix + name);
    if (entry == weights.end()) {
      throw Error("ERR_STEGO_BACKBONE",
                  text("Expected the weights of a vision transformer under DINO's names, but '", prefix, name,
                       "' is missing. Check that the file is a ViT backbone."));
    }
    return entry->second;
  };
  const auto take = [&](const std::string& name, at::IntArrayRef shape) {
    const at::Tensor tensor = find(name);
    if (tensor.sizes() != shape || !tensor.is_floating_point()) {
      throw Error("ERR_STEGO_BACKBONE",
                  text("Expected '", prefix, name, "' to be a float tensor of shape ", shape_text(shape),
                       ", got ", tensor.toString(), " ", shape_text(tensor.sizes()),
                       ". Check that the file is a ViT backbone."));
    }
    stored_[name] = tensor;
    return tensor.to(device_, dtype_).contiguous();
  };

  const at::Tensor patch = find("patch_embed.proj.weight"), position = find("pos_embed");
  if (patch.dim() != 4 || patch.size(0) == 0 || patch.size(2) == 0 || position.dim() != 3 ||
      position.size(1) < 2) {
    throw Error("ERR_STEGO_BACKBONE",
                text("Expected patch_embed.proj.weight [C, 3, p, p] and pos_embed [1, 1 + N, C], got ",
                     shape_text(patch.sizes()), " and ", shape_text(position.sizes()), "."));
  }
  dim_ = patch.size(0);
  patch_ = patch.size(2);
  heads_ = heads > 0 ? heads : std::max<int64_t>(1, dim_ / 64);
  if (dim_ % heads_ != 0) {
    throw Error("ERR_STEGO_BACKBONE",
                text("Expected a width that ", heads_, " heads divide, got ", dim_, "."));
  }
  patch_weight_ = take("patch_embed.proj.weight", {dim_, 3, patch_, patch_});
  patch_bias_ = take("patch_embed.proj.bias", {dim_});
  class_token_ = take("cls_token", {1, 1, dim_});
  position_embedding_ = take("pos_embed", {1, position.size(1), dim_});
  norm_weight_ = take("norm.weight", {dim_});
  norm_bias_ = take("norm.bias", {dim_});
  do {
    const std::string name = text("blocks.", blocks_.size(), ".");
    const int64_t hidden = find(name + "mlp.fc1.weight").size(0);
    blocks_.push_back({
        take(name + "norm1.weight", {dim_}),
        take(name + "norm1.bias", {dim_}),
        take(name + "attn.qkv.weight", {3 * dim_, dim_}),
        take(name + "attn.qkv.bias", {3 * dim_}),
        take(name + "attn.proj.weight", {dim_, dim_}),
        take(name + "attn.proj.bias", {dim_}),
        take(name + "norm2.weight", {dim_}),
        take(name + "norm2.bias", {dim_}),
        take(name + "mlp.fc1.weight", {hidden, dim_}),
        take(name + "mlp.fc1.bias", {hidden}),
        take(name + "mlp.fc2.weight", {dim_, hidden}),
        take(name + "mlp.fc2.bias", {dim_}),
    });
  } while (weights.count(prefix + text("blocks.", blocks_.size(), ".norm1.weight")));
  if (features_.layer < 1 || features_.layer > depth()) {
    throw Error("ERR_STEGO_BACKBONE", text("Expected a feature layer between 1, the last block, and ",
                                           depth(), ", the first, got ", features_.layer, "."));
  }
}

int64_t VisionTransformer::parameters() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : stored_) count += tensor.numel();
  return count;
}

// The embedding learned on a square grid, resampled to h x w patches. The scale factors carry DINO's +0.1 and
// enter the coordinate mapping as they are (not recomputed from the sizes), which is what published features
// were made with.
at::Tensor VisionTransformer::positions(int64_t height, int64_t width) const {
  const int64_t count = position_embedding_.size(1) - 1;
  if (height * width == count && height == width) return position_embedding_;
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(count))));
  if (side * side != count) {
    throw Error("ERR_STEGO_BACKBONE",
                text("Expected a position embedding on a square grid, got ", count, " positions."));
  }
  const double root = std::sqrt(static_cast<double>(count));
  const at::Tensor grid =
      position_embedding_.slice(1, 1).view({1, side, side, dim_}).permute({0, 3, 1, 2}).to(at::kFloat);
  const at::Tensor resized = at::upsample_bicubic2d(grid, {height, width}, /*align_corners=*/false,
                                                    (height + 0.1) / root, (width + 0.1) / root);
  const at::Tensor patches = resized.permute({0, 2, 3, 1}).reshape({1, height * width, dim_}).to(dtype_);
  return at::cat({position_embedding_.slice(1, 0, 1), patches}, 1);
}

at::Tensor VisionTransformer::embed(const at::Tensor& images, at::Tensor* positions_out) const {
  const int64_t height = images.size(2), width = images.size(3);
  if (height % patch_ != 0 || width % patch_ != 0 || height == 0 || width == 0) {
    throw Error("ERR_STEGO_SIZE",
                text("Expected image sides that are multiples of the backbone's patch of ", patch_, ", got ",
                     width, " x ", height, ". Choose a resolution such as ",
                     std::max<int64_t>(1, (std::min(height, width) + patch_ / 2) / patch_) * patch_, "."));
  }
  const at::Tensor patches =
      at::conv2d(images.to(device_, dtype_), patch_weight_, patch_bias_, patch_);  // [B, C, h, w]
  const at::Tensor position = positions(height / patch_, width / patch_);
  if (positions_out) *positions_out = position;
  const at::Tensor tokens =
      at::cat({class_token_.expand({images.size(0), 1, dim_}), patches.flatten(2).transpose(1, 2)},
              1);  // [B, 1 + h*w, C]
  return tokens + position;
}

at::Tensor VisionTransformer::normalized(const at::Tensor& tokens) const {
  return at::layer_norm(tokens, {dim_}, norm_weight_, norm_bias_, kNormEpsilon);
}

// tokens += proj(attention(norm1(tokens))). The attention matrix is never materialised.
void VisionTransformer::attend(const Block& block, at::Tensor& tokens,
                               std::vector<at::Tensor>* qkv_out) const {
  const int64_t batch = tokens.size(0), count = tokens.size(1);
  const at::Tensor input = at::layer_norm(tokens, {dim_}, block.norm1_weight, block.norm1_bias, kNormEpsilon);
  const at::Tensor qkv = at::linear(input, block.qkv_weight, block.qkv_bias)
                             .view({batch, count, 3, heads_, dim_ / heads_})
                             .permute({2, 0, 3, 1, 4});  // [3, B, heads, T, C / heads]
  if (qkv_out) qkv_out->push_back(qkv);
  const at::Tensor mixed =
      at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]);  // scale (C / heads)^-1/2
  tokens +=
      at::linear(mixed.transpose(1, 2).reshape({batch, count, dim_}), block.proj_weight, block.proj_bias);
}

// tokens += fc2(gelu(fc1(norm2(tokens)))), GELU in its exact form.
void VisionTransformer::transform(const Block& block, at::Tensor& tokens) const {
  const at::Tensor input = at::layer_norm(tokens, {dim_}, block.norm2_weight, block.norm2_bias, kNormEpsilon);
  at::Tensor hidden = at::linear(input, block.fc1_weight, block.fc1_bias);
  at::gelu_(hidden);
  tokens += at::linear(hidden, block.fc2_weight, block.fc2_bias);
}

// The keys of a block's attention without the class token, heads side by side: [B, h*w, C].
at::Tensor VisionTransformer::keys(const Block& block, const at::Tensor& tokens) const {
  const at::Tensor input = at::layer_norm(tokens, {dim_}, block.norm1_weight, block.norm1_bias, kNormEpsilon);
  return at::linear(input.slice(1, 1), block.qkv_weight.narrow(0, dim_, dim_),
                    block.qkv_bias.narrow(0, dim_, dim_));
}

at::Tensor VisionTransformer::features(const at::Tensor& images, const CancelFlag& cancel) const {
  const at::NoGradGuard no_grad;
  at::Tensor tokens = embed(images, nullptr);
  const int64_t source = depth() - features_.layer;
  for (int64_t i = 0; i <= source; ++i) {
    cancel.poll();
    if (i == source && features_.kind == FeatureKind::keys) return keys(blocks_[i], tokens);
    attend(blocks_[i], tokens, nullptr);
    cancel.poll();
    transform(blocks_[i], tokens);
  }
  return normalized(tokens.slice(1, 1));  // [B, h*w, C]
}

VisionTransformer::Trace VisionTransformer::trace(const at::Tensor& images, int64_t last_blocks,
                                                  const CancelFlag& cancel) const {
  require(last_blocks >= 1 && last_blocks <= depth(), "Expected between 1 and ", depth(),
          " last blocks, got ", last_blocks, ".");
  const at::NoGradGuard no_grad;
  Trace trace;
  at::Tensor tokens = embed(images, &trace.positions);
  trace.tokens = tokens.clone();
  for (int64_t i = 0; i < depth(); ++i) {
    cancel.poll();
    const bool wanted = i >= depth() - last_blocks;
    attend(blocks_[i], tokens, wanted ? &trace.qkv : nullptr);
    transform(blocks_[i], tokens);
    if (wanted) trace.features.push_back(normalized(tokens));
  }
  return trace;
}

}  // namespace stego
