#pragma once
#include <vector>

#include "core/cancel.h"
#include "model/predict.h"

namespace stego {

// Adds the code heads' label maps and log-probabilities, refined by STEGO's dense CRF
// (docs/dense-crf-algorithm.md, step 13), to the predictions of a batch [B, 3, H, W], normalized for the
// network, with codes [B, h, w, dim]. The CRF works at the size the network sees, on the batch's own pixels,
// denormalized and truncated to bytes, in BGR order (eval_segmentation.py). A picture's heads share its
// lattices and are filtered side by side.
//
// Pictures of more than 1,024 x 1,024 pixels are refined in overlapping tiles, so that memory does not grow
// with the picture. A tile's margin of 160 pixels is 2.4 deviations of the wide kernel.
void predict_refined(const Network& network, const at::Tensor& batch, const at::Tensor& codes,
                     const PredictOptions& options, std::vector<Prediction>& predictions,
                     const CancelFlag& cancel);

}  // namespace stego
