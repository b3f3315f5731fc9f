#pragma once
#include <vector>

#include "backbone/block_stack.h"
#include "backbone/fast/packed_linear.h"

namespace stego {

// The blocks in float32 on the CPU. Everything between two attentions is one pass over the tokens, a few
// cached rows at a time: projection, residual, norm, MLP, residual, norm, queries, keys and values. An
// image's features are bit-identical in any batch and with any number of threads.
class FusedBlocks : public BlockStack {
 public:
  FusedBlocks(const StackWeights& weights, Instructions instructions);

  at::Tensor run(const at::Tensor& tokens, const FeatureOptions& features, InnerTensors* inner,
                 const CancelFlag& cancel) const override;

 private:
  struct Norm {
    at::Tensor weight, bias;
  };
  struct Block {
    Norm norm1, norm2;
    vit::PackedLinear queries, keys, values, proj, fc1, fc2;
  };
  struct Space;    // a batch's tokens, queries, keys and values
  struct Scratch;  // one thread's

  void enter(const Block& block, Space& space, int64_t image, int64_t first, int64_t rows,
             Scratch& scratch) const;
  void leave(const Block& block, Space& space, int64_t image, int64_t first, int64_t rows,
             Scratch& scratch) const;
  void attend(Space& space, const CancelFlag& cancel) const;
  template <typename Work>
  void pass(const Space& space, std::vector<Scratch>& scratch, const CancelFlag& cancel,
            const Work& work) const;
  void normalize(const Norm& norm, vit::Rows<const float*> input, int64_t rows,
                 vit::Rows<float*> output) const;

  const vit::Kernels& kernels_;
  int64_t dim_, heads_, hidden_;
  Norm norm_;
  std::vector<Block> blocks_;
};

}  // namespace stego
