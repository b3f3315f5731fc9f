#include "backbone/fast/fused_blocks.h"

#include <algorithm>
#include <cstring>

#include "core/parallel.h"

namespace stego {

using vit::Finish;
using vit::kRowBlock;
using vit::kRowGap;
using vit::kRowStep;
using vit::PackedLinear;
using vit::round_up;
using vit::Rows;

namespace {

at::Tensor plain(const at::Tensor& tensor) {
  return tensor.to(at::kFloat).contiguous();
}

template <typename Pointer>
Rows<Pointer> from(Rows<Pointer> rows, int64_t row, int64_t column = 0) {
  return {rows.data + row * rows.stride + column, rows.stride};
}

Rows<const float*> fixed(Rows<float*> rows) {
  return {rows.data, rows.stride};
}

int64_t divide_up(int64_t count, int64_t parts) {
  return (count + parts - 1) / parts;
}

// The maximum number of rows that go through a block's layers together. In narrow layers, the rows' data fits
// a core's second-level cache. Wide layers' weights do not, nor do they stay long in the third, so each pass
// over them serves more rows.
int64_t most_rows(int64_t dim) {
  return dim < 512 ? kRowBlock : 3 * kRowBlock;
}

// Features [images, count - 1, C] of the patches, without the class token's row.
struct Patches {
  at::Tensor values;

  Patches(int64_t images, int64_t count, int64_t dim)
      : values(at::empty({images, count - 1, dim}, at::kFloat)) {}

  // Calls write(row, features of that row's patch) for the patches in a range of an image's rows.
  template <typename Write>
  void each(int64_t image, int64_t first, int64_t rows, const Write& write) {
    float* output = values.mutable_data_ptr<float>() + image * values.stride(0);
    for (int64_t t = std::max<int64_t>(first, 1); t < std::min(first + rows, values.size(1) + 1); ++t) {
      write(t - first, output + (t - 1) * values.stride(1));
    }
  }
};

}  // namespace

// Rows are padded to a multiple of kRowStep per image; padding holds finite values that are never read as
// results. Memory: 5 C floats per token.
struct FusedBlocks::Space {
  int64_t images, count, padded, width;  // tokens per image, with padding, and channels per head
  int64_t key_panels, value_panels, panel;
  at::Tensor token_rows, query_rows, mixed_rows;  // [images * padded, C and a gap]
  at::Tensor key_data;                            // [images, heads, key_panels, width, panel]
  at::Tensor value_data;                          // [images, heads, value_panels, count, panel]

  Space(const at::Tensor& input, int64_t heads, const vit::Kernels& kernels)
      : images(input.size(0)),
        count(input.size(1)),
        padded(round_up(count, kRowStep)),
        width(input.size(2) / heads),
        key_panels(round_up(count, kernels.keys) / kernels.keys),
        value_panels(round_up(width, kernels.keys) / kernels.keys),
        panel(kernels.keys) {
    const int64_t channels = input.size(2), stride = round_up(channels, kernels.columns) + kRowGap;
    token_rows = at::zeros({images, padded, stride}, at::kFloat);
    token_rows.slice(1, 0, count).slice(2, 0, channels).copy_(input);
    query_rows = at::empty({images, padded, stride}, at::kFloat);
    mixed_rows = at::empty({images, padded, stride}, at::kFloat);
    key_data = at::empty({images, heads, key_panels, width, panel}, at::kFloat);
    key_data.select(2, key_panels - 1).zero_();
    value_data = at::zeros({images, heads, value_panels, count, panel}, at::kFloat);
  }

  Rows<float*> rows(at::Tensor& tensor, int64_t image, int64_t first) {
    return from(Rows<float*>{tensor.mutable_data_ptr<float>(), tensor.size(2)}, image * padded + first);
  }

  float* keys(int64_t image, int64_t head) { return of_head(key_data, image, head); }
  float* values(int64_t image, int64_t head) { return of_head(value_data, image, head); }

  static float* of_head(at::Tensor& data, int64_t image, int64_t head) {
    return data.mutable_data_ptr<float>() + image * data.stride(0) + head * data.stride(1);
  }

  // Stores rows of all heads' keys, starting at token `first`.
  void store_keys(int64_t image, int64_t first, int64_t rows, Rows<const float*> source) {
    for (int64_t head = 0; head < key_data.size(1); ++head) {
      float* panels = keys(image, head);
      for (int64_t t = first; t < std::min(first + rows, count); ++t) {
        const float* row = source.data + (t - first) * source.stride + head * width;
        float* column = panels + t / panel * width * panel + t % panel;
        for (int64_t d = 0; d < width; ++d) column[d * panel] = row[d];
      }
    }
  }

  void store_values(int64_t image, int64_t first, int64_t rows, Rows<const float*> source) {
    for (int64_t head = 0; head < value_data.size(1); ++head) {
      float* panels = values(image, head);
      for (int64_t p = 0; p < value_panels; ++p) {
        const int64_t channels = std::min(panel, width - p * panel);
        for (int64_t t = first; t < std::min(first + rows, count); ++t) {
          std::memcpy(panels + (p * count + t) * panel,
                      source.data + (t - first) * source.stride + head * width + p * panel,
                      channels * sizeof(float));
        }
      }
    }
  }

  at::Tensor qkv(int64_t channels) const {
    const int64_t heads = key_data.size(1);
    const at::Tensor q =
        query_rows.slice(1, 0, count).slice(2, 0, channels).reshape({images, count, heads, width});
    const at::Tensor k = key_data.transpose(3, 4).reshape({images, heads, key_panels * panel, width});
    const at::Tensor v =
        value_data.permute({0, 1, 3, 2, 4}).reshape({images, heads, count, value_panels * panel});
    return at::stack({q.transpose(1, 2), k.slice(2, 0, count), v.slice(3, 0, width)});
  }

  at::Tensor tokens(int64_t channels) const { return token_rows.slice(1, 0, count).slice(2, 0, channels); }
};

struct FusedBlocks::Scratch {
  std::vector<float> memory;
  Rows<float*> normed, wide;

  Scratch(int64_t rows, int64_t dim, int64_t widest) : memory(rows * (dim + widest + 2 * kRowGap)) {
    normed = {memory.data(), dim + kRowGap};
    wide = {memory.data() + rows * normed.stride, widest + kRowGap};
  }
};

FusedBlocks::FusedBlocks(const StackWeights& weights, Instructions instructions)
    : kernels_(vit::choose_kernels(instructions)),
      dim_(weights.norm_weight.size(0)),
      heads_(weights.heads),
      hidden_(0),
      norm_{plain(weights.norm_weight), plain(weights.norm_bias)} {
  for (const BlockWeights& block : weights.blocks) {
    const auto part = [&](int64_t index) {
      return PackedLinear(block.qkv_weight.narrow(0, index * dim_, dim_),
                          block.qkv_bias.narrow(0, index * dim_, dim_), kernels_);
    };
    blocks_.push_back({{plain(block.norm1_weight), plain(block.norm1_bias)},
                       {plain(block.norm2_weight), plain(block.norm2_bias)},
                       part(0),
                       part(1),
                       part(2),
                       {block.proj_weight, block.proj_bias, kernels_},
                       {block.fc1_weight, block.fc1_bias, kernels_},
                       {block.fc2_weight, block.fc2_bias, kernels_}});
    hidden_ = std::max(hidden_, blocks_.back().fc1.columns());
  }
}

void FusedBlocks::normalize(const Norm& norm, Rows<const float*> input, int64_t rows,
                            Rows<float*> output) const {
  kernels_.norm({input, dim_, norm.weight.const_data_ptr<float>(), norm.bias.const_data_ptr<float>(), output},
                rows);
}

// Norm, queries, keys and values for some rows of an image.
void FusedBlocks::enter(const Block& block, Space& space, int64_t image, int64_t first, int64_t rows,
                        Scratch& scratch) const {
  normalize(block.norm1, fixed(space.rows(space.token_rows, image, first)), rows, scratch.normed);
  block.queries.apply(fixed(scratch.normed), rows, Finish::store, space.rows(space.query_rows, image, first));
  block.keys.apply(fixed(scratch.normed), rows, Finish::store, scratch.wide);
  space.store_keys(image, first, rows, fixed(scratch.wide));
  block.values.apply(fixed(scratch.normed), rows, Finish::store, scratch.wide);
  space.store_values(image, first, rows, fixed(scratch.wide));
}

// Everything after attention, up to the block's output.
void FusedBlocks::leave(const Block& block, Space& space, int64_t image, int64_t first, int64_t rows,
                        Scratch& scratch) const {
  const Rows<float*> tokens = space.rows(space.token_rows, image, first);
  block.proj.apply(fixed(space.rows(space.mixed_rows, image, first)), rows, Finish::add, tokens);
  normalize(block.norm2, fixed(tokens), rows, scratch.normed);
  block.fc1.apply(fixed(scratch.normed), rows, Finish::gelu, scratch.wide);
  block.fc2.apply(fixed(scratch.wide), rows, Finish::add, tokens);
}

void FusedBlocks::attend(Space& space, const CancelFlag& cancel) const {
  const int64_t blocks = round_up(space.padded, kRowBlock) / kRowBlock;
  const int64_t scratch_size = kernels_.attention_scratch(space.width);
  std::vector<float> scratch(at::get_num_threads() * scratch_size);
  for_each_task(space.images * heads_ * blocks, [&](int64_t task, int64_t worker) {
    if (cancel.raised()) return;
    const int64_t image = task / (heads_ * blocks), head = task / blocks % heads_,
                  first = task % blocks * kRowBlock;
    const int64_t rows = std::min(kRowBlock, space.padded - first), column = head * space.width;
    kernels_.attention(
        {from(fixed(space.rows(space.query_rows, image, first)), 0, column), space.keys(image, head),
         space.values(image, head), space.count, space.width,
         from(space.rows(space.mixed_rows, image, first), 0, column), scratch.data() + worker * scratch_size},
        rows);
  });
  cancel.poll();
}

// Calls work(image, first row, rows, scratch) for all rows in small groups, evenly divided among threads.
template <typename Work>
void FusedBlocks::pass(const Space& space, std::vector<Scratch>& scratch, const CancelFlag& cancel,
                       const Work& work) const {
  const int64_t share = divide_up(space.images * space.padded, at::get_num_threads());
  const int64_t step = round_up(divide_up(share, divide_up(share, most_rows(dim_))), kRowStep);
  const int64_t blocks = divide_up(space.padded, step);
  for_each_task(space.images * blocks, [&](int64_t task, int64_t worker) {
    if (cancel.raised()) return;
    const int64_t image = task / blocks, first = task % blocks * step;
    work(image, first, std::min(step, space.padded - first), scratch[worker]);
  });
  cancel.poll();
}

at::Tensor FusedBlocks::run(const at::Tensor& tokens, const FeatureOptions& features, InnerTensors* inner,
                            const CancelFlag& cancel) const {
  const auto depth = static_cast<int64_t>(blocks_.size()), source = depth - features.layer;
  const int64_t first_kept = inner ? depth - inner->last_blocks : depth;
  Space space(tokens, heads_, kernels_);
  std::vector<Scratch> scratch;
  while (static_cast<int64_t>(scratch.size()) < at::get_num_threads()) {
    scratch.emplace_back(most_rows(dim_), dim_, std::max(hidden_, round_up(dim_, kernels_.columns)));
  }
  Patches result(space.images, space.count, dim_);
  const auto normalized = [&] {
    return at::layer_norm(space.tokens(dim_), {dim_}, norm_.weight, norm_.bias, kNormEpsilon);
  };

  for (int64_t i = 0; i <= source; ++i) {
    const bool ends_in_keys = i == source && features.kind == FeatureKind::keys;
    pass(space, scratch, cancel, [&](int64_t image, int64_t first, int64_t rows, Scratch& own) {
      if (i > 0) leave(blocks_[i - 1], space, image, first, rows, own);
      if (!ends_in_keys) return enter(blocks_[i], space, image, first, rows, own);
      normalize(blocks_[i].norm1, fixed(space.rows(space.token_rows, image, first)), rows, own.normed);
      blocks_[i].keys.apply(fixed(own.normed), rows, Finish::store, own.wide);
      result.each(image, first, rows, [&](int64_t row, float* output) {
        std::memcpy(output, from(own.wide, row).data, dim_ * sizeof(float));
      });
    });
    if (ends_in_keys) return result.values;
    if (i > first_kept) inner->features.push_back(normalized());
    if (i >= first_kept) inner->qkv.push_back(space.qkv(dim_));
    attend(space, cancel);
  }
  pass(space, scratch, cancel, [&](int64_t image, int64_t first, int64_t rows, Scratch& own) {
    leave(blocks_[source], space, image, first, rows, own);
    const Rows<float*> last = space.rows(space.token_rows, image, first);
    result.each(image, first, rows, [&](int64_t row, float* output) {
      normalize(norm_, fixed(from(last, row)), 1, {output, dim_});
    });
  });
  if (source >= first_kept) inner->features.push_back(normalized());
  return result.values;
}

}  // namespace stego
