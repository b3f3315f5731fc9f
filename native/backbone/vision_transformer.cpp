#include "backbone/vision_transformer.h"

#include <cmath>

#include "backbone/fused_blocks.h"
#include "backbone/tensor_blocks.h"
#include "core/error.h"

namespace stego {

namespace {

// Of a batch; memory is some 10 C floats a token.
constexpr int64_t kTokensAtATime = 4096;

std::string shape_text(at::IntArrayRef shape) {
  std::string result = "[";
  for (size_t i = 0; i < shape.size(); ++i) result += text(i ? ", " : "", shape[i]);
  return result + "]";
}

}  // namespace

VisionTransformer::VisionTransformer(const TensorMap& weights, const std::string& prefix, int64_t heads,
                                     const FeatureOptions& features, const Target& target)
    : features_(features), target_(target) {
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
    return tensor.to(at::kFloat).contiguous();
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
  patch_weight_ = take("patch_embed.proj.weight", {dim_, 3, patch_, patch_}).to(target.device);
  patch_bias_ = take("patch_embed.proj.bias", {dim_}).to(target.device);
  class_token_ = take("cls_token", {1, 1, dim_}).to(target.device);
  position_embedding_ = take("pos_embed", {1, position.size(1), dim_}).to(target.device);
  StackWeights stack{{}, take("norm.weight", {dim_}), take("norm.bias", {dim_}), heads_};
  do {
    const std::string name = text("blocks.", stack.blocks.size(), ".");
    const int64_t hidden = find(name + "mlp.fc1.weight").size(0);
    stack.blocks.push_back({
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
  } while (weights.count(prefix + text("blocks.", stack.blocks.size(), ".norm1.weight")));
  depth_ = static_cast<int64_t>(stack.blocks.size());
  if (features_.layer < 1 || features_.layer > depth()) {
    throw Error("ERR_STEGO_BACKBONE", text("Expected a feature layer between 1, the last block, and ",
                                           depth(), ", the first, got ", features_.layer, "."));
  }
  if (target.device.is_cpu() && target.dtype == at::kFloat) {
    blocks_ = std::make_shared<FusedBlocks>(stack, target.instructions);
  } else {
    blocks_ = std::make_shared<TensorBlocks>(stack, target.device, target.dtype);
  }
}

int64_t VisionTransformer::parameters() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : stored_) count += tensor.numel();
  return count;
}

// The embedding learned on a square grid, resampled to h x w patches.
at::Tensor VisionTransformer::positions(int64_t height, int64_t width) const {
  const int64_t count = position_embedding_.size(1) - 1;
  if (height * width == count && height == width) return position_embedding_;
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(count))));
  if (side * side != count) {
    throw Error("ERR_STEGO_BACKBONE",
                text("Expected a position embedding on a square grid, got ", count, " positions."));
  }
  const at::Tensor grid = position_embedding_.slice(1, 1).view({1, side, side, dim_}).permute({0, 3, 1, 2});
  const at::Tensor patches =
      resample_positions(grid, height, width).permute({0, 2, 3, 1}).reshape({1, height * width, dim_});
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
      at::conv2d(images.to(device()), patch_weight_, patch_bias_, patch_);  // [B, C, h, w]
  const at::Tensor position = positions(height / patch_, width / patch_);
  if (positions_out) *positions_out = position;
  const at::Tensor tokens =
      at::cat({class_token_.expand({images.size(0), 1, dim_}), patches.flatten(2).transpose(1, 2)},
              1);  // [B, 1 + h*w, C]
  return tokens + position;
}

at::Tensor VisionTransformer::features(const at::Tensor& images, const CancelFlag& cancel) const {
  const at::NoGradGuard no_grad;
  const int64_t tokens = images.size(2) * images.size(3) / (patch_ * patch_);
  const int64_t step = std::max<int64_t>(1, kTokensAtATime / std::max<int64_t>(1, tokens));
  std::vector<at::Tensor> parts;
  for (int64_t first = 0; first < images.size(0); first += step) {
    const at::Tensor part = images.narrow(0, first, std::min(step, images.size(0) - first));
    const at::Tensor features = blocks_->run(embed(part, nullptr), features_, nullptr, cancel);
    parts.push_back(removed_
                        ? removed_->remove_from(features, images.size(2) / patch_, images.size(3) / patch_)
                        : features);
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts);  // [B, h*w, C]
}

VisionTransformer VisionTransformer::without(const PositionMap& map) const {
  require(map.map().size(2) == dim(), "Expected a position map of ", dim(), " channels, got ",
          map.map().size(2), ".");
  VisionTransformer result = *this;
  result.removed_ = map;
  return result;
}

VisionTransformer::Trace VisionTransformer::trace(const at::Tensor& images, int64_t last_blocks,
                                                  const CancelFlag& cancel) const {
  require(last_blocks >= 1 && last_blocks <= depth(), "Expected between 1 and ", depth(),
          " last blocks, got ", last_blocks, ".");
  const at::NoGradGuard no_grad;
  Trace trace;
  trace.tokens = embed(images, &trace.positions);
  trace.inner.last_blocks = last_blocks;
  blocks_->run(trace.tokens, {}, &trace.inner, cancel);
  return trace;
}

}  // namespace stego
