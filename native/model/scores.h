#pragma once
#include <map>
#include <vector>

#include "core/cancel.h"
#include "model/predict.h"

namespace stego {

// A picture and its label map (one byte a pixel; values from the number of classes on are void).
struct LabeledImage {
  ImageView image, label;
};

// Counts of labeled pixels by prediction and true class, of every head over a split.
class Scores {
 public:
  explicit Scores(PredictOptions options);

  // Predicts some images and counts.
  void add(const Network& network, const std::vector<LabeledImage>& images, const CancelFlag& cancel);

  // int64 [predictions, classes] of each head.
  const std::map<PredictionHead, at::Tensor>& counts() const { return counts_; }

 private:
  PredictOptions options_;
  std::map<PredictionHead, at::Tensor> counts_;
};

// The views of their pictures, and of their label maps.
std::vector<ImageView> pictures_of(const std::vector<LabeledImage>& images);

// Throws ERR_STEGO_ARGUMENT unless every label map has its picture's size.
void check_sizes(const std::vector<LabeledImage>& images);

}  // namespace stego
