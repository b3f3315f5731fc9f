#include "model/scores.h"

#include "core/error.h"
#include "metrics/confusion.h"

namespace stego {

Scores::Scores(PredictOptions options) : options_(std::move(options)) {
  options_.log_probabilities.clear();
  options_.original_size = false;
}

void Scores::add(const Network& network, const std::vector<LabeledImage>& images, const CancelFlag& cancel) {
  check_sizes(images);
  const std::vector<Prediction> predictions = predict(network, pictures_of(images), options_, cancel);
  const int64_t classes = network.options.classes;
  for (size_t i = 0; i < images.size(); ++i) {
    const ImageView& label = images[i].label;
    const at::Tensor truth =
        transform_bytes(label, map_pixels(label.height, label.width, options_.transform)).contiguous();
    for (const auto& [head, labels] : predictions[i].labels) {
      at::Tensor& counts = counts_[head];
      if (!counts.defined()) counts = at::zeros({class_count(network, head), classes}, at::kLong);
      count_confusion(labels.const_data_ptr<uint8_t>(), truth.const_data_ptr<uint8_t>(), labels.numel(),
                      counts.size(0), classes, counts.mutable_data_ptr<int64_t>());
    }
  }
}

std::vector<ImageView> pictures_of(const std::vector<LabeledImage>& images) {
  std::vector<ImageView> pictures;
  for (const LabeledImage& each : images) pictures.push_back(each.image);
  return pictures;
}

void check_sizes(const std::vector<LabeledImage>& images) {
  for (const auto& [image, label] : images) {
    require(image.height == label.height && image.width == label.width,
            "Expected a label map of its image's size, ", image.width, " x ", image.height, ", got ",
            label.width, " x ", label.height, ".");
  }
}

}  // namespace stego
