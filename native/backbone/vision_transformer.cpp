// DINO's vision transformer (Dosovitskiy et al., ICLR 2021; Caron et al., ICCV 2021;
// dino/vision_transformer.py of the official code):
//
//   x = [class token, patches of the image, projected] + positions
//   x = x + attention(norm(x)),  x = x + mlp(norm(x))     in every block
//   features = norm(x), without the class token
//
// tensor_blocks.cpp computes the blocks on any device and in any type. fast/ computes the same on a CPU in
// float32 and is tested against it. B images, h x w patches, T = 1 + h*w tokens, C channels.
#include "backbone/vision_transformer.h"

#include <cmath>

#include "backbone/fast/fused_blocks.h"
#include "backbone/tensor_blocks.h"
#include "core/error.h"
#include "core/form.h"

namespace stego {

namespace {

// Limits on a batch; memory is about 10 C floats per token.
constexpr int64_t kTokensAtATime = 4096, kTokensOfADevice = 1 << 17;
constexpr int64_t kTokensOfAGraph = 1 << 15;  // beyond, starting kernels takes no time beside them

// The patches of images [B, 3, H, W], projected by a convolution whose stride is its size: [B, h*w, C]. On a
// GPU a product does it, since cuDNN may round to TF32.
at::Tensor project_patches(const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t side = weight.size(2);
  if (!by_operators(images.device())) {
    return at::conv2d(images, weight, bias, side).flatten(2).transpose(1, 2);
  }
  const int64_t height = images.size(2) / side, width = images.size(3) / side;
  const at::Tensor pixels = images.view({images.size(0), 3, height, side, width, side})
                                .permute({0, 2, 4, 1, 3, 5})
                                .reshape({images.size(0), height * width, -1});
  return at::linear(pixels, weight.flatten(1), bias);
}

std::shared_ptr<const BlockStack> make_blocks(StackWeights weights, const Target& target) {
  if (!by_operators(target.device) && target.dtype == at::kFloat && !target.plain)
    return std::make_shared<FusedBlocks>(weights, target.instructions);
  return std::make_shared<TensorBlocks>(weights, target.device, target.dtype);
}

}  // namespace

VisionTransformer::VisionTransformer(VitWeights weights, const FeatureOptions& features, const Target& target)
    : weights_(std::move(weights)),
      features_(features),
      target_(target),
      heads_(weights_.stack.heads),
      depth_(weights_.depth()),
      blocks_(make_blocks(std::exchange(weights_.stack, {}), target)),
      graphs_(std::make_shared<Graphs>()) {
  if (features_.layer < 1 || features_.layer > depth()) {
    throw Error("ERR_STEGO_BACKBONE", text("Expected a feature layer between 1, the last block, and ",
                                           depth(), ", the first, got ", features_.layer, "."));
  }
  for (at::Tensor* tensor :
       {&weights_.patch_weight, &weights_.patch_bias, &weights_.class_token, &weights_.positions})
    *tensor = tensor->to(target.device);
}

int64_t VisionTransformer::parameters() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : stored()) count += tensor.numel();
  return count;
}

// The patch grid of whole images.
GridPart VisionTransformer::grid_of(const at::Tensor& images) const {
  const int64_t height = images.size(2), width = images.size(3), side = patch();
  if (height % side != 0 || width % side != 0 || height == 0 || width == 0) {
    throw Error("ERR_STEGO_SIZE",
                text("Expected image sides that are multiples of the backbone's patch size of ", side,
                     ", got ", width, " x ", height, ". Choose a resolution such as ",
                     std::max<int64_t>(1, (std::min(height, width) + side / 2) / side) * side, "."));
  }
  return GridPart::whole(height / side, width / side);
}

at::Tensor VisionTransformer::embed(const at::Tensor& images, const GridPart& part,
                                    at::Tensor* positions_out) const {
  const at::Tensor patches = project_patches(images.to(device()), weights_.patch_weight, weights_.patch_bias);
  const at::Tensor position = positions(part);
  if (positions_out) *positions_out = position;
  const at::Tensor class_tokens = weights_.class_token.expand({images.size(0), 1, dim()});
  return at::cat({class_tokens, patches}, 1) + position;  // [B, T, C]
}

// The embedding, learned on a square grid, resampled to h x w patches.
at::Tensor VisionTransformer::positions(const GridPart& part) const {
  const int64_t count = weights_.positions.size(1) - 1;
  const bool as_learned = part.height * part.width == count && part.height == part.width;
  if (as_learned && part.is_whole()) return weights_.positions;
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(count))));
  if (side * side != count) {
    throw Error("ERR_STEGO_BACKBONE",
                text("Expected a position embedding on a square grid, got ", count, " positions."));
  }
  const at::Tensor grid = weights_.positions.slice(1, 1).view({1, side, side, dim()}).permute({0, 3, 1, 2});
  const at::Tensor patches = as_learned
                                 ? grid.narrow(2, part.top, part.rows()).narrow(3, part.left, part.columns())
                                 : resample_positions(grid, part);
  return at::cat({weights_.positions.slice(1, 0, 1),
                  patches.permute({0, 2, 3, 1}).reshape({1, part.rows() * part.columns(), dim()})},
                 1);
}

at::Tensor VisionTransformer::features(const at::Tensor& images, const CancelFlag& cancel) const {
  return features(images, grid_of(images), cancel);
}

at::Tensor VisionTransformer::features(const at::Tensor& images, const GridPart& part,
                                       const CancelFlag& cancel) const {
  const at::NoGradGuard no_grad;
  const int64_t tokens = part.rows() * part.columns();
  const int64_t most = device().is_cpu() ? kTokensAtATime : kTokensOfADevice;
  const int64_t step = std::max<int64_t>(1, most / std::max<int64_t>(1, tokens));
  std::vector<at::Tensor> parts;
  for (int64_t first = 0; first < images.size(0); first += step) {
    const at::Tensor some = images.narrow(0, first, std::min(step, images.size(0) - first)).to(device());
    const auto compute = [&](const at::Tensor& input) {
      return blocks_->run(embed(input, part, nullptr), features_, nullptr, cancel);
    };
    const bool small = part.is_whole() && some.size(0) * tokens <= kTokensOfAGraph;
    const at::Tensor features = small ? graphs_->run(some, compute) : compute(some);
    parts.push_back(removed_ ? removed_->remove_from(features, part) : features);
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts);  // [B, h*w, C]
}

VisionTransformer VisionTransformer::without(const PositionMap& map) const {
  require(map.map().size(2) == dim(), "Expected a position map of ", dim(), " channels, got ",
          map.map().size(2), ".");
  VisionTransformer result = *this;
  result.removed_ = PositionMap(map.map().to(device()));
  return result;
}

VisionTransformer::Trace VisionTransformer::trace(const at::Tensor& images, int64_t last_blocks,
                                                  const CancelFlag& cancel) const {
  require(last_blocks >= 1 && last_blocks <= depth(), "Expected between 1 and ", depth(),
          " last blocks, got ", last_blocks, ".");
  const at::NoGradGuard no_grad;
  Trace trace;
  trace.tokens = embed(images, grid_of(images), &trace.positions);
  trace.inner.last_blocks = last_blocks;
  blocks_->run(trace.tokens, {}, &trace.inner, cancel);
  return trace;
}

}  // namespace stego
