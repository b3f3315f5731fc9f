#include "features/nearest_neighbors.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/error.h"
#include "head/cluster_probe.h"

namespace stego {

namespace {

constexpr int64_t kBlockRows = 512;

using Candidate = std::pair<float, int32_t>;

bool nearer(const Candidate& a, const Candidate& b) {
  return a.first > b.first || (a.first == b.first && a.second < b.second);
}

// The k nearest of one row of similarities, nearest first, without `self`.
void select_row(const float* similarities, int64_t count, int64_t self, int64_t k, int32_t* indices,
                float* values) {
  std::vector<Candidate> heap;  // its front is the farthest kept
  heap.reserve(k + 1);
  for (int64_t j = 0; j < count; ++j) {
    if (j == self) continue;
    const Candidate candidate{similarities[j], static_cast<int32_t>(j)};
    if (static_cast<int64_t>(heap.size()) == k && !nearer(candidate, heap.front())) continue;
    heap.push_back(candidate);
    std::push_heap(heap.begin(), heap.end(), nearer);
    if (static_cast<int64_t>(heap.size()) > k) {
      std::pop_heap(heap.begin(), heap.end(), nearer);
      heap.pop_back();
    }
  }
  std::sort_heap(heap.begin(), heap.end(), nearer);
  for (int64_t i = 0; i < k; ++i) {
    values[i] = heap[i].first;
    indices[i] = heap[i].second;
  }
}

}  // namespace

Neighbors nearest_neighbors(const at::Tensor& vectors, int64_t k, const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  const int64_t count = vectors.size(0);
  require(k >= 1 && k < count, "Expected a number of neighbours between 1 and ", count - 1, ", got ", k, ".");
  const at::Tensor unit = l2_normalize(vectors.to(at::kFloat), 1e-12);
  Neighbors result{at::empty({count, k}, at::kInt), at::empty({count, k}, at::kFloat)};
  auto* indices = result.indices.mutable_data_ptr<int32_t>();
  auto* values = result.similarities.mutable_data_ptr<float>();
  for (int64_t begin = 0; begin < count; begin += kBlockRows) {
    cancel.poll();
    const int64_t rows = std::min(kBlockRows, count - begin);
    const at::Tensor block = at::mm(unit.narrow(0, begin, rows), unit.t()).cpu();  // [rows, N]
    const float* similarities = block.const_data_ptr<float>();
    at::parallel_for(0, rows, 8, [&](int64_t first, int64_t last) {
      for (int64_t row = first; row < last; ++row) {
        const int64_t place = (begin + row) * k;
        select_row(similarities + row * count, count, begin + row, k, indices + place, values + place);
      }
    });
  }
  return result;
}

}  // namespace stego
