#include "model/predict.h"

#include <algorithm>

#include "backbone/parts.h"
#include "core/error.h"
#include "imaging/upsample.h"
#include "model/refine.h"

namespace stego {

namespace {

Region all_of(const Prediction& prediction) {
  return {0, 0, prediction.height, prediction.width};
}

// Labels [height, width] of scores [h, w, K].
at::Tensor label_map(const at::Tensor& scores, const Prediction& prediction, const CancelFlag& cancel) {
  at::Tensor labels = at::empty({prediction.height, prediction.width}, scores.options().dtype(at::kByte));
  for_each_band(GridWindow::whole(scores), prediction.height, prediction.width, all_of(prediction), cancel,
                [&](int64_t row, const at::Tensor& band) {
                  labels.narrow(0, row, band.size(0)).copy_(band.argmax(2));
                });
  return labels.cpu();
}

// log-probabilities [K, height, width] from enlarged codes, not from enlarged scores, because cosines depend
// on the codes' length.
at::Tensor log_probability_map(const Network& network, PredictionHead head, const at::Tensor& codes,
                               double temperature, const Prediction& prediction, const CancelFlag& cancel) {
  const int64_t height = prediction.height, width = prediction.width;
  at::Tensor result = at::empty({class_count(network, head), height, width}, codes.options());
  for_each_band(GridWindow::whole(codes), height, width, all_of(prediction), cancel,
                [&](int64_t row, const at::Tensor& band) {
                  const at::Tensor values = log_probabilities(network, head, band, temperature);
                  result.narrow(1, row, band.size(0)).copy_(values.permute({2, 0, 1}));
                });
  return result.cpu();
}

}  // namespace

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
  const at::Tensor batch = prepare_images(images, options.transform, network.backbone->device(), cancel);
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
      if (options.crf && !is_baseline(head)) continue;
      const at::Tensor scores = class_scores(network, head, is_baseline(head) ? features : codes);
      prediction.labels[head] = label_map(scores, prediction, cancel);
    }
    for (const PredictionHead head : options.log_probabilities) {
      require(!is_baseline(head), "Expected log-probabilities of kmeans, clusterProbe or linearProbe.");
      if (options.crf) continue;
      prediction.log_probabilities[head] =
          log_probability_map(network, head, codes, options.temperature, prediction, cancel);
    }
    predictions.push_back(std::move(prediction));
  }
  if (options.crf) predict_refined(network, batch, grids.codes, options, predictions, cancel);
  return predictions;
}

}  // namespace stego
