#include "training/step_codes.h"

#include "core/form.h"
#include "core/parallel.h"

namespace stego {

namespace {

// Reduces maps to some of their places.
std::vector<at::Tensor> select_places(const std::vector<at::Tensor>& maps,
                                      const std::vector<at::Tensor>& places) {
  std::vector<at::Tensor> selected(maps.size());
  parallel_each(static_cast<int64_t>(maps.size()), [&](int64_t i) {
    const bool whole = places[i].size(0) == maps[i].size(0);
    selected[i] = whole ? maps[i] : maps[i].index_select(0, places[i]);
  });
  return selected;
}

void append(std::vector<HeadTokens>& inputs, const std::vector<at::Tensor>& maps,
            const std::optional<DropoutMasks>& masks) {
  for (size_t i = 0; i < maps.size(); ++i) {
    const auto image = static_cast<int64_t>(i);
    inputs.push_back({maps[i], masks ? masks->linear[image] : at::Tensor(),
                      masks ? masks->nonlinear[image] : at::Tensor()});
  }
}

}  // namespace

PairMaps StepCodes::maps(const at::Tensor& rows) const {
  PairMaps maps;
  for (int64_t i = 0; i < images; ++i) {
    maps.images.push_back(pass.rows(rows, i));
    maps.neighbors.push_back(pass.rows(rows, images + i));
  }
  return maps;
}

at::Tensor StepCodes::own(const at::Tensor& rows) const {
  return rows.narrow(0, 0, images * patches).view({images, patches, -1});
}

at::Tensor StepCodes::views(const at::Tensor& rows) const {
  if (static_cast<int64_t>(pass.inputs.size()) == 2 * images) return {};
  return rows.narrow(0, pass.first[2 * images], images * patches).view({images, patches, -1});
}

StepCodes encode_step(const SegmentationHead& head, const StepBatch& batch, int64_t grid_height,
                      int64_t grid_width, bool whole) {
  const SamplePoints first(batch.draws.coordinates1, grid_height, grid_width),
      second(batch.draws.coordinates2, grid_height, grid_width);
  std::vector<HeadTokens> inputs;
  append(inputs, batch.features, batch.masks);
  SamplePoints positives = second;
  if (whole || by_operators(batch.features.front().device())) {
    append(inputs, batch.positive_features, batch.positive_masks);
  } else {  // only the places that are read
    const SamplePoints::Reduced reduced = second.reduce(grid_height * grid_width);
    append(inputs, select_places(batch.positive_features, reduced.places), batch.positive_masks);
    positives = reduced.points;
  }
  if (batch.view_features.defined()) append(inputs, batch.view_features.unbind(0), batch.view_masks);
  return {head.forward(std::move(inputs)),
          {first, positives, second},
          static_cast<int64_t>(batch.features.size()),
          grid_height * grid_width};
}

}  // namespace stego
