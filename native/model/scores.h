#pragma once
#include <map>
#include <vector>

#include "core/cancel.h"
#include "model/predict.h"

namespace stego {

// A picture and its label map (one byte per pixel; values at or above the number of classes are void).
struct LabeledImage {
  ImageView image, label;
};

// Counts of labeled pixels by prediction and true class, for every head over a split.
class Scores {
 public:
  explicit Scores(PredictOptions options);

  // Predicts some images and counts their pixels.
  void add(const Network& network, const std::vector<LabeledImage>& images, const CancelFlag& cancel);

  // int64 [predictions, classes] for each head.
  const std::map<PredictionHead, at::Tensor>& counts() const { return counts_; }

 private:
  PredictOptions options_;
  std::map<PredictionHead, at::Tensor> counts_;
};

// The pictures alone, and the label maps alone.
std::vector<ImageView> pictures_of(const std::vector<LabeledImage>& images);

// Throws ERR_STEGO_ARGUMENT unless every label map matches its picture's size.
void check_sizes(const std::vector<LabeledImage>& images);

}  // namespace stego
