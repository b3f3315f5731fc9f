#include "loss/pairs.h"

#include "core/error.h"

namespace stego {

namespace {

// Maps of one size as [B, places, C], with their masks applied.
at::Tensor stacked(const std::vector<at::Tensor>& maps, const at::Tensor& masks) {
  const at::Tensor all = at::stack(maps);
  return masks.defined() ? all * masks.unsqueeze(1) : all;
}

std::vector<int64_t> count_similarities(const at::Tensor& similarities) {
  const at::Tensor counts =
      at::histc(similarities.detach().clamp(-1, 1).to(at::kFloat), kSimilarityBins, -1, 1)
          .to(at::kLong)
          .cpu();
  return {counts.const_data_ptr<int64_t>(), counts.const_data_ptr<int64_t>() + kSimilarityBins};
}

}  // namespace

PairPoints points_on_grid(const Draws& draws, int64_t height, int64_t width) {
  require(draws.coordinates1.sizes() == draws.coordinates2.sizes(),
          "Expected as many positions in an image as in its partners.");
  const SamplePoints second(draws.coordinates2, height, width);
  return {SamplePoints(draws.coordinates1, height, width), second, second};
}

std::vector<at::Tensor> sample_slots(const PairMaps& maps, const PairPoints& points,
                                     const at::Tensor& negatives) {
  const at::Tensor images = stacked(maps.images, maps.image_masks);
  std::vector<at::Tensor> slots = {points.anchors.sample(images),
                                   points.neighbors.sample(stacked(maps.neighbors, maps.neighbor_masks))};
  for (const at::Tensor& others : negatives.unbind(0))
    slots.push_back(points.partners.sample(images, others));
  return slots;
}

std::vector<at::Tensor> sample_classes(const Teacher& teacher, const Draws& draws) {
  const PairPoints points = points_on_grid(draws, teacher.grid_height, teacher.grid_width);
  std::vector<at::Tensor> slots = {points.anchors.sample_one_hot(teacher.classes, teacher.values),
                                   points.neighbors.sample_one_hot(teacher.positive_classes, teacher.values)};
  for (const at::Tensor& others : draws.negatives.unbind(0)) {
    slots.push_back(points.partners.sample_one_hot(teacher.classes.index_select(0, others), teacher.values));
  }
  return slots;
}

std::vector<at::Tensor> sample_teacher(const Teacher& teacher, const Draws& draws) {
  if (teacher.classes.defined()) return sample_classes(teacher, draws);
  const PairPoints points = points_on_grid(draws, teacher.grid_height, teacher.grid_width);
  return sample_slots(teacher.features, points, draws.negatives);
}

at::Tensor random_slots(const std::vector<at::Tensor>& slots) {
  return at::stack(at::TensorList(slots).slice(kRandomSlot));
}

double of_slot(size_t slot, const PairValues& values) {
  return slot == kSelfSlot ? values.self : slot == kNeighborSlot ? values.knn : values.random;
}

SlotWeight weight_of(int64_t slot, int64_t slots, int64_t pairs, const LossOptions& options) {
  const int64_t sharing = slot < kRandomSlot ? 1 : slots - kRandomSlot;
  const auto count = static_cast<double>(pairs) * static_cast<double>(sharing);
  const double weight = options.correspondence_weight * of_slot(slot, options.weights);
  return {count, weight / (options.reduction == Reduction::mean ? count : 1)};
}

void add_slot(CorrespondenceLoss& result, int64_t slot, const SlotWeight& weight, double loss,
              double similarity) {
  PairTerm& term = slot == kSelfSlot ? result.self : slot == kNeighborSlot ? result.knn : result.random;
  result.total += weight.scale * loss;
  term.loss += loss / weight.pairs;
  term.similarity += similarity / weight.pairs;
}

void keep_details(const std::vector<at::Tensor>& losses, const std::vector<at::Tensor>& similarities,
                  PairDetails& details) {
  if (details.elements) {
    details.loss = at::stack(losses, 2).detach();  // [B, P, n, Q]
    details.similarity = at::stack(similarities, 2).detach();
  }
  details.counts.clear();
  for (size_t slot = 0; details.histograms && slot < similarities.size(); ++slot) {
    details.counts.push_back(count_similarities(similarities[slot]));
  }
}

}  // namespace stego
