#pragma once
#include <memory>
#include <optional>
#include <string>

#include "backbone/vision_transformer.h"
#include "core/aten.h"
#include "head/pointwise.h"
#include "head/segmentation_head.h"
#include "tensors/stored_tensor.h"

namespace stego {

struct NetworkOptions {
  int64_t dim = 70;       // width of the codes
  int64_t classes = 27;   // of the linear probes
  int64_t clusters = 27;  // of the cluster probe and k-means: the classes plus any extra clusters
  HeadOptions head;
  bool decoder = false;  // whether a layer reconstructs features from codes
  uint64_t seed = 0;
};

// A frozen backbone, its head, and everything that turns codes or features into classes.
struct Network {
  std::shared_ptr<const VisionTransformer> backbone;
  NetworkOptions options;
  SegmentationHead head;
  std::optional<Pointwise> decoder;                // from codes back to features, trained with the head
  at::Tensor cluster_probe;                        // [K, dim] cluster probe, trained along with the head
  std::optional<Pointwise> linear_probe;           // on codes; absent if there were no labels
  std::optional<Pointwise> baseline_linear_probe;  // on backbone features; likewise
  std::optional<at::Tensor> kmeans;                // [K, dim] k-means centers on codes, fitted after training
  std::optional<at::Tensor> baseline_kmeans;       // [K, C] k-means centers on backbone features

  // Initializes like PyTorch and the official code: convolutions uniform, clusters N(0, 1).
  static Network initial(std::shared_ptr<const VisionTransformer> backbone, const NetworkOptions& options,
                         bool linear);

  // Reinitializes the probes, as `initial` does.
  void reset_probes(uint64_t seed);

  // Loads a checkpoint's tensors, which have the published names; probes and centers are optional.
  static Network load(const TensorMap& tensors, const NetworkOptions& options,
                      std::shared_ptr<const VisionTransformer> backbone);

  // A copy with everything but the backbone on that device.
  Network to(at::Device device) const;

  // Adds all tensors under their published names, the backbone in its stored dtype.
  void save(TensorMap& tensors) const;
};

}  // namespace stego
