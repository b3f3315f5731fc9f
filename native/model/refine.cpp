#include "model/refine.h"

#include "imaging/normalize.h"

namespace stego {

std::vector<std::vector<crf::Refined>> refine_pictures(
    const at::Tensor& batch, const std::vector<std::vector<at::Tensor>>& log_probabilities,
    const CancelFlag& cancel) {
  const int64_t height = batch.size(2), width = batch.size(3);
  std::vector<at::Tensor> pictures;  // uint8 [H, W, 3]
  std::vector<crf::Problem> problems;
  for (size_t i = 0; i < log_probabilities.size(); ++i) {
    pictures.push_back(denormalize(batch[static_cast<int64_t>(i)].cpu()).flip(2).contiguous());
    crf::Problem problem{
        {pictures.back().const_data_ptr<uint8_t>(), height, width, 3}, {}, crf::stego_options()};
    for (const at::Tensor& values : log_probabilities[i]) {
      problem.scores.push_back({crf::ScoreKind::logits, values});
    }
    problems.push_back(std::move(problem));
  }
  return crf::refine(problems, {true, true}, cancel);
}

}  // namespace stego
