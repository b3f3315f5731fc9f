#include "crf/lattice_tensors.h"

namespace stego::crf {

namespace {

// [2, V] for one axis.
at::Tensor neighbors_along(const Lines& lines, int64_t vertices) {
  at::Tensor table = at::full({2, vertices}, vertices, at::kLong);
  auto* before = table.mutable_data_ptr<int64_t>();
  auto* after = before + vertices;
  for (int64_t place = 0; place + 1 < lines.starts.back(); ++place) {
    const uint32_t entry = lines.vertices[place];
    if (entry & Lines::kLineEnd) continue;
    const uint32_t next = lines.vertices[place + 1] & ~Lines::kLineEnd;
    after[entry] = next;
    before[next] = entry;
  }
  return table;
}

}  // namespace

int64_t LatticeTensors::bytes() const {
  return static_cast<int64_t>(corner.nbytes() + weight.nbytes() + neighbors.nbytes());
}

LatticeTensors to_tensors(const Lattice& lattice, at::TensorOptions options) {
  const std::vector<int64_t> shape = {lattice.points, lattice.corners};
  std::vector<at::Tensor> axes;
  for (const Lines& lines : lattice.axes) axes.push_back(neighbors_along(lines, lattice.vertices));
  const auto places = options.dtype(at::kLong);
  return {at::from_blob(const_cast<int32_t*>(lattice.slice_vertex.data()), shape, at::kInt).to(places),
          at::from_blob(const_cast<float*>(lattice.slice_weight.data()), shape, at::kFloat)
              .to(options, /*non_blocking=*/false, /*copy=*/true),
          at::stack(axes).to(places), lattice.vertices};
}

}  // namespace stego::crf
