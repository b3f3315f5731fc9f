#include "backbone/vit_weights.h"

#include <algorithm>

#include "core/error.h"

namespace stego {

namespace {

std::string shape_text(at::IntArrayRef shape) {
  std::string result = "[";
  for (size_t i = 0; i < shape.size(); ++i) result += text(i ? ", " : "", shape[i]);
  return result + "]";
}

// Finds tensors by name and checks them as they are taken.
class Reader {
 public:
  Reader(const TensorMap& tensors, const std::string& prefix) : tensors_(tensors), prefix_(prefix) {}

  bool has(const std::string& name) const { return tensors_.count(prefix_ + name) > 0; }

  const at::Tensor& find(const std::string& name) const {
    const auto entry = tensors_.find(prefix_ + name);
    if (entry == tensors_.end()) {
      throw Error("ERR_STEGO_BACKBONE",
                  text("Expected the weights of a vision transformer under DINO's names, but '", prefix_,
                       name, "' is missing. Check that the file is a ViT backbone."));
    }
    return entry->second;
  }

  at::Tensor take(const std::string& name, at::IntArrayRef shape) {
    const at::Tensor& tensor = find(name);
    if (tensor.sizes() != shape || !tensor.is_floating_point()) {
      throw Error("ERR_STEGO_BACKBONE",
                  text("Expected '", prefix_, name, "' to be a float tensor of shape ", shape_text(shape),
                       ", got ", tensor.toString(), " ", shape_text(tensor.sizes()),
                       ". Check that the file is a ViT backbone."));
    }
    taken[name] = tensor;
    return tensor.to(at::kFloat).contiguous();
  }

  TensorMap taken;

 private:
  const TensorMap& tensors_;
  const std::string& prefix_;
};

BlockWeights read_block(Reader& reader, const std::string& name, int64_t dim) {
  const int64_t hidden = reader.find(name + "mlp.fc1.weight").size(0);
  return {reader.take(name + "norm1.weight", {dim}),
          reader.take(name + "norm1.bias", {dim}),
          reader.take(name + "attn.qkv.weight", {3 * dim, dim}),
          reader.take(name + "attn.qkv.bias", {3 * dim}),
          reader.take(name + "attn.proj.weight", {dim, dim}),
          reader.take(name + "attn.proj.bias", {dim}),
          reader.take(name + "norm2.weight", {dim}),
          reader.take(name + "norm2.bias", {dim}),
          reader.take(name + "mlp.fc1.weight", {hidden, dim}),
          reader.take(name + "mlp.fc1.bias", {hidden}),
          reader.take(name + "mlp.fc2.weight", {dim, hidden}),
          reader.take(name + "mlp.fc2.bias", {dim})};
}

}  // namespace

VitWeights read_vit_weights(const TensorMap& tensors, const std::string& prefix, int64_t heads) {
  Reader reader(tensors, prefix);
  const at::Tensor &patch = reader.find("patch_embed.proj.weight"), &positions = reader.find("pos_embed");
  if (patch.dim() != 4 || patch.size(0) == 0 || patch.size(2) == 0 || positions.dim() != 3 ||
      positions.size(1) < 2) {
    throw Error("ERR_STEGO_BACKBONE",
                text("Expected patch_embed.proj.weight [C, 3, p, p] and pos_embed [1, 1 + N, C], got ",
                     shape_text(patch.sizes()), " and ", shape_text(positions.sizes()), "."));
  }
  const int64_t dim = patch.size(0), side = patch.size(2);
  if (heads <= 0) heads = std::max<int64_t>(1, dim / 64);
  if (dim % heads != 0) {
    throw Error("ERR_STEGO_BACKBONE",
                text("Expected a width divisible by ", heads, " heads, got ", dim, "."));
  }
  VitWeights weights{reader.take("patch_embed.proj.weight", {dim, 3, side, side}),
                     reader.take("patch_embed.proj.bias", {dim}),
                     reader.take("cls_token", {1, 1, dim}),
                     reader.take("pos_embed", {1, positions.size(1), dim}),
                     {{}, reader.take("norm.weight", {dim}), reader.take("norm.bias", {dim}), heads},
                     {}};
  std::string name = "blocks.0.";
  do {
    weights.stack.blocks.push_back(read_block(reader, name, dim));
    name = text("blocks.", weights.depth(), ".");
  } while (reader.has(name + "norm1.weight"));
  weights.stored = std::move(reader.taken);
  return weights;
}

}  // namespace stego
