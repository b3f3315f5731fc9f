#pragma once
#include "head/segmentation_head.h"
#include "training/step_batch.h"

namespace stego {

// The codes of a step and where the loss reads them. The images' codes are complete; those of the positives
// are computed only at the places the loss samples, usually half of the grid.
//
// Tensors like `pass.codes` have rows for all images, then all positives, then all augmented views.
struct StepCodes {
  HeadPass pass;
  PairPoints points;
  int64_t images, patches;  // B, h*w

  PairMaps maps(const at::Tensor& rows) const;     // of images and positives
  at::Tensor own(const at::Tensor& rows) const;    // [B, h*w, dim] of the images
  at::Tensor views(const at::Tensor& rows) const;  // [B, h*w, dim] of the views; undefined without views
};

// `whole`: the positives' codes are complete too, which the loss on libtorch's operators expects.
StepCodes encode_step(const SegmentationHead& head, const StepBatch& batch, int64_t grid_height,
                      int64_t grid_width, bool whole);

}  // namespace stego
