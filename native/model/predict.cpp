#include "model/predict.h"

#include "core/error.h"
#include "head/cluster_probe.h"
#include "imaging/upsample.h"

namespace stego {

namespace {

[[noreturn]] void missing(const char* what, const char* reason) {
  throw Error("ERR_STEGO_CHECKPOINT",
              text("Expected a model with ", what, ", but this one has none: ", reason));
}

const at::Tensor& centers(const Network& network, PredictionHead head) {
  if (head == PredictionHead::online) return network.clusters;
  if (head == PredictionHead::kmeans) {
    if (!network.kmeans)
      missing("k-means centres", "they are fitted at the end of training. Use labels: 'online'.");
    return *network.kmeans;
  }
  if (!network.raw_kmeans)
    missing("k-means centres of the raw features", "they are fitted at the end of training.");
  return *network.raw_kmeans;
}

const Pointwise& probe(const Network& network, PredictionHead head) {
  const auto& layer = head == PredictionHead::linear ? network.linear : network.raw_linear;
  if (!layer) missing("a linear probe", "it was trained without labels. Use labels: 'kmeans'.");
  return *layer;
}

bool is_linear(PredictionHead head) {
  return head == PredictionHead::linear || head == PredictionHead::raw_linear;
}

// Scores on the patch grid whose enlarged maximum is the class: [h, w, K]. Enlarging is linear and a
// position's length is common to all its cosines, so that enlarging the scores equals enlarging codes and
// assigning those.
at::Tensor class_scores(const Network& network, PredictionHead head, const at::Tensor& codes,
                        const at::Tensor& features) {
  const bool raw = head == PredictionHead::raw || head == PredictionHead::raw_linear;
  const at::Tensor& grid = raw ? features : codes;
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

// log-probabilities [K, height, width] of enlarged codes, not of enlarged scores: cosines depend on their
// length.
at::Tensor log_probability_map(const Network& network, PredictionHead head, const at::Tensor& codes,
                               int64_t height, int64_t width, double temperature) {
  const int64_t channels = is_linear(head) ? network.options.classes : centers(network, head).size(0);
  at::Tensor result = at::empty({channels, height, width}, codes.options());
  for_each_band(codes, height, width, [&](int64_t row, const at::Tensor& band) {
    const at::Tensor values = is_linear(head)
                                  ? at::log_softmax(probe(network, head)(band), 2)
                                  : cluster_log_probabilities(band, centers(network, head), temperature);
    result.narrow(1, row, band.size(0)).copy_(values.permute({2, 0, 1}));
  });
  return result.cpu();
}

}  // namespace

Grids compute_grids(const Network& network, const at::Tensor& images, bool flip, const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  const int64_t batch = images.size(0), patch = network.backbone->patch();
  const at::Tensor input = flip ? at::cat({images, images.flip(3)}) : images;
  const at::Tensor tokens = network.backbone->features(input, cancel);
  cancel.poll();
  const auto grid = [&](const at::Tensor& values) {
    const at::Tensor whole =
        values.view({values.size(0), images.size(2) / patch, images.size(3) / patch, -1});
    return flip ? (whole.narrow(0, 0, batch) + whole.narrow(0, batch, batch).flip(2)) / 2 : whole;
  };
  return {grid(network.head.forward(tokens)), grid(tokens)};
}

std::vector<Prediction> predict(const Network& network, const std::vector<ImageView>& images,
                                const PredictOptions& options, const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  const at::Tensor batch = prepare_images(images, options.transform);
  const Grids grids = compute_grids(network, batch, options.flip, cancel);
  std::vector<Prediction> predictions;
  for (size_t i = 0; i < images.size(); ++i) {
    const at::Tensor codes = grids.codes[static_cast<int64_t>(i)],
                     features = grids.features[static_cast<int64_t>(i)];
    Prediction prediction{options.original_size ? images[i].height : batch.size(2),
                          options.original_size ? images[i].width : batch.size(3),
                          {},
                          {}};
    for (const PredictionHead head : options.heads) {
      cancel.poll();
      prediction.labels[head] =
          label_map(class_scores(network, head, codes, features), prediction.height, prediction.width);
    }
    for (const PredictionHead head : options.log_probabilities) {
      cancel.poll();
      require(head != PredictionHead::raw && head != PredictionHead::raw_linear,
              "Expected log-probabilities of kmeans, online or linear.");
      prediction.log_probabilities[head] =
          log_probability_map(network, head, codes, prediction.height, prediction.width, options.temperature);
    }
    predictions.push_back(std::move(prediction));
  }
  return predictions;
}

}  // namespace stego
