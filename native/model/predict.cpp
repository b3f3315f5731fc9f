#include "model/predict.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "backbone/parts.h"
#include "core/error.h"
#include "core/l2_normalize.h"
#include "head/cluster_probe.h"
#include "imaging/upsample.h"
#include "model/refine.h"

namespace stego {

namespace {

[[noreturn]] void missing(const char* what, const char* reason) {
  throw Error("ERR_STEGO_CHECKPOINT",
              text("Expected a model with ", what, ", but this one has none: ", reason));
}

const at::Tensor& centers(const Network& network, PredictionHead head) {
  if (head == PredictionHead::cluster_probe) return network.cluster_probe;
  if (head == PredictionHead::kmeans) {
    if (!network.kmeans)
      missing("k-means centers", "they are fitted at the end of training. Use labels: 'clusterProbe'.");
    return *network.kmeans;
  }
  if (!network.baseline_kmeans)
    missing("k-means centers of the features", "they are fitted at the end of training.");
  return *network.baseline_kmeans;
}

const Pointwise& probe(const Network& network, PredictionHead head) {
  const auto& layer =
      head == PredictionHead::linear_probe ? network.linear_probe : network.baseline_linear_probe;
  if (!layer) missing("a linear probe", "it was trained without labels. Use labels: 'kmeans'.");
  return *layer;
}

bool is_linear(PredictionHead head) {
  return head == PredictionHead::linear_probe || head == PredictionHead::baseline_linear_probe;
}

bool is_baseline(PredictionHead head) {
  return head == PredictionHead::baseline_kmeans || head == PredictionHead::baseline_linear_probe;
}

// Scores on the patch grid, [h, w, K]; the class is the maximum after enlarging. Enlarging is linear and a
// position's length is common to all its cosines, so enlarging scores is equivalent to enlarging codes and
// assigning those.
at::Tensor class_scores(const Network& network, PredictionHead head, const at::Tensor& codes,
                        const at::Tensor& features) {
  const at::Tensor& grid = is_baseline(head) ? features : codes;
  if (is_linear(head)) return probe(network, head)(grid);
  return at::matmul(grid, l2_normalize(centers(network, head), 1e-12).transpose(0, 1));
}

at::Tensor label_map(const at::Tensor& scores, int64_t height, int64_t width) {
  at::Tensor labels = at::empty({height, width}, scores.options().dtype(at::kByte));
  for_each_band(scores, height, width, [&](int64_t row, const at::Tensor& band) {
    labels.narrow(0, row, band.size(0)).copy_(band.argmax(2));
  });
  return labels.cpu();
}

// log-probabilities [K, height, width] from enlarged codes, not from enlarged scores, because cosines depend
// on the codes' length.
at::Tensor log_probability_map(const Network& network, PredictionHead head, const at::Tensor& codes,
                               int64_t height, int64_t width, double temperature) {
  at::Tensor result = at::empty({class_count(network, head), height, width}, codes.options());
  for_each_band(codes, height, width, [&](int64_t row, const at::Tensor& band) {
    const at::Tensor values = is_linear(head)
                                  ? at::log_softmax(probe(network, head)(band), 2)
                                  : cluster_log_probabilities(band, centers(network, head), temperature);
    result.narrow(1, row, band.size(0)).copy_(values.permute({2, 0, 1}));
  });
  return result.cpu();
}

bool contains(const std::vector<PredictionHead>& heads, PredictionHead head) {
  return std::find(heads.begin(), heads.end(), head) != heads.end();
}

// Refined probabilities [K, h, w] and labels at the picture's own size, enlarged bilinearly if the sizes
// differ.
void write_refined(PredictionHead head, const crf::Refined& refined, const PredictOptions& options,
                   Prediction& prediction) {
  const int64_t height = prediction.height, width = prediction.width;
  const at::Tensor grid = refined.probabilities.permute({1, 2, 0}).contiguous();
  const bool same_size = grid.size(0) == height && grid.size(1) == width;
  if (contains(options.heads, head)) {
    prediction.labels[head] = same_size ? refined.labels : label_map(grid, height, width);
  }
  if (!contains(options.log_probabilities, head)) return;
  at::Tensor result = at::empty({grid.size(2), height, width}, at::kFloat);
  for_each_band(grid, height, width, [&](int64_t row, const at::Tensor& band) {
    result.narrow(1, row, band.size(0)).copy_(band.clamp_min(1e-20).log().permute({2, 0, 1}));
  });
  prediction.log_probabilities[head] = result;
}

// Predicts the code heads with the CRF, at the size the network sees (eval_segmentation.py). Takes as many
// pictures at a time as there are threads, so that a large batch's probabilities never exist all at once.
void predict_refined(const Network& network, const at::Tensor& batch, const Grids& grids,
                     const PredictOptions& options, std::vector<Prediction>& predictions,
                     const CancelFlag& cancel) {
  std::vector<PredictionHead> heads;
  for (const PredictionHead head :
       {PredictionHead::kmeans, PredictionHead::cluster_probe, PredictionHead::linear_probe}) {
    if (contains(options.heads, head) || contains(options.log_probabilities, head)) heads.push_back(head);
  }
  if (heads.empty()) return;
  const int64_t step = at::get_num_threads();
  for (int64_t first = 0; first < batch.size(0); first += step) {
    const int64_t count = std::min(step, batch.size(0) - first);
    std::vector<std::vector<at::Tensor>> scores(count);
    for (int64_t i = 0; i < count; ++i) {
      for (const PredictionHead head : heads) {
        cancel.poll();
        scores[i].push_back(log_probability_map(network, head, grids.codes[first + i], batch.size(2),
                                                batch.size(3), options.temperature));
      }
    }
    const auto refined = refine_pictures(batch.narrow(0, first, count), scores, cancel);
    for (int64_t i = 0; i < count; ++i) {
      for (size_t h = 0; h < heads.size(); ++h) {
        write_refined(heads[h], refined[i][h], options, predictions[first + i]);
      }
    }
  }
}

}  // namespace

int64_t class_count(const Network& network, PredictionHead head) {
  return is_linear(head) ? network.options.classes : centers(network, head).size(0);
}

Grids compute_grids(const Network& network, const at::Tensor& images, const GridOptions& options,
                    const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  const int64_t batch = images.size(0), dim = network.options.dim;
  const at::Tensor input = options.flip ? at::cat({images, images.flip(3)}) : images;
  const auto use = [&](const at::Tensor& tokens) {
    const at::Tensor codes = network.head.forward(tokens);
    return options.features ? at::cat({codes, tokens}, 2) : codes;
  };
  const at::Tensor both = use_in_parts(*network.backbone, input, options.max_patches, use, cancel);
  cancel.poll();
  const at::Tensor whole =
      options.flip ? (both.narrow(0, 0, batch) + both.narrow(0, batch, batch).flip(2)) / 2 : both;
  if (!options.features) return {whole, {}};
  return {whole.narrow(3, 0, dim).contiguous(), whole.slice(3, dim).contiguous()};
}

std::vector<Prediction> predict(const Network& network, const std::vector<ImageView>& images,
                                const PredictOptions& options, const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  const at::Tensor batch = prepare_images(images, options.transform);
  const bool baselines = std::any_of(options.heads.begin(), options.heads.end(), is_baseline);
  const Grids grids =
      compute_grids(network, batch, {options.flip, baselines, options.transform.max_patches}, cancel);
  std::vector<Prediction> predictions;
  for (size_t i = 0; i < images.size(); ++i) {
    const at::Tensor codes = grids.codes[static_cast<int64_t>(i)],
                     features = baselines ? grids.features[static_cast<int64_t>(i)] : at::Tensor();
    Prediction prediction{options.original_size ? images[i].height : batch.size(2),
                          options.original_size ? images[i].width : batch.size(3),
                          {},
                          {}};
    for (const PredictionHead head : options.heads) {
      cancel.poll();
      if (options.crf && !is_baseline(head)) continue;
      prediction.labels[head] =
          label_map(class_scores(network, head, codes, features), prediction.height, prediction.width);
    }
    for (const PredictionHead head : options.log_probabilities) {
      cancel.poll();
      require(!is_baseline(head), "Expected log-probabilities of kmeans, clusterProbe or linearProbe.");
      if (options.crf) continue;
      prediction.log_probabilities[head] =
          log_probability_map(network, head, codes, prediction.height, prediction.width, options.temperature);
    }
    predictions.push_back(std::move(prediction));
  }
  if (options.crf) predict_refined(network, batch, grids, options, predictions, cancel);
  return predictions;
}

}  // namespace stego
