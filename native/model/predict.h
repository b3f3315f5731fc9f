#pragma once
#include <map>
#include <vector>

#include "core/cancel.h"
#include "imaging/transform.h"
#include "model/class_scores.h"
#include "model/network.h"

namespace stego {

struct PredictOptions {
  Transform transform;
  bool flip;           // average with the mirrored image (eval_segmentation.py)
  bool original_size;  // label maps at each picture's own size instead of the transformed size
  std::vector<PredictionHead> heads;
  std::vector<PredictionHead> log_probabilities;  // for kmeans, clusterProbe and linearProbe
  double temperature;  // factor on the cosines in cluster probabilities (eval_segmentation.py)
  bool crf;            // refine kmeans, clusterProbe and linearProbe, see refine.h
};

struct Prediction {
  int64_t height, width;
  std::map<PredictionHead, at::Tensor> labels;             // uint8 [height, width]
  std::map<PredictionHead, at::Tensor> log_probabilities;  // float32 [K, height, width]
};

// Codes and features of a batch on the patch grid, averaged with those of the mirrored images if `flip`.
struct Grids {
  at::Tensor codes;     // [B, h, w, dim]
  at::Tensor features;  // [B, h, w, C]; undefined if they were not asked for
};
struct GridOptions {
  bool flip;
  bool features;
  int64_t max_patches;  // see Transform
};
Grids compute_grids(const Network& network, const at::Tensor& images, const GridOptions& options,
                    const CancelFlag& cancel);

std::vector<Prediction> predict(const Network& network, const std::vector<ImageView>& images,
                                const PredictOptions& options, const CancelFlag& cancel);

}  // namespace stego
