#include "features/tensor_search.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/l2_normalize.h"
#include "core/parallel.h"

namespace stego {

namespace {

constexpr int64_t kScores = int64_t{1} << 26;  // of a block of rows with all rows
constexpr int64_t kSpare = 16;                 // candidates beyond the neighbors asked for
constexpr double kShortest = 1e-12;

// More than a product of two unit vectors in float32 can be off, in any order of summation: one rounding for
// each product and sum, and those of the vectors themselves.
float largest_error(int64_t dim) {
  return static_cast<float>(dim + 16) * std::numeric_limits<float>::epsilon();
}

struct Candidate {
  float cosine;
  int32_t index;
  bool operator<(const Candidate& other) const {
    return cosine > other.cosine || (cosine == other.cosine && index < other.index);
  }
};

// The exact cosines of some columns, nearest first; ties go to the lower index.
std::vector<Candidate> ranked(const UnitRows& rows, int64_t row, const int64_t* columns, int64_t count) {
  std::vector<Candidate> candidates;
  candidates.reserve(count);
  for (int64_t i = 0; i < count; ++i) {
    if (columns[i] == row) continue;
    candidates.push_back({cosine(rows, row, rows, columns[i]), static_cast<int32_t>(columns[i])});
  }
  std::sort(candidates.begin(), candidates.end());
  return candidates;
}

}  // namespace

Neighbors search_by_products(const at::Tensor& vectors, const UnitRows& rows, int64_t k,
                             const CancelFlag& cancel) {
  const int64_t count = vectors.size(0), offered = std::min(count - 1, k + kSpare);
  const at::Tensor units = l2_normalize(vectors.to(at::kFloat), kShortest);
  const float error = largest_error(vectors.size(1));
  Neighbors result{at::empty({count, k}, at::kInt), at::empty({count, k}, at::kFloat), {}};
  auto* indices = result.indices.mutable_data_ptr<int32_t>();
  auto* similarities = result.similarities.mutable_data_ptr<float>();
  const int64_t step = std::clamp<int64_t>(kScores / count, 1, count);
  for (int64_t first = 0; first < count; first += step) {
    cancel.poll();
    const int64_t block = std::min(step, count - first);
    at::Tensor scores = at::mm(units.narrow(0, first, block), units.t());  // [block, N]
    scores.diagonal(first).fill_(-std::numeric_limits<float>::infinity());
    const auto [best, columns] = at::topk(scores, offered, 1);
    const at::Tensor near = columns.cpu().contiguous(), last = best.select(1, offered - 1).cpu().contiguous();
    const auto* column = near.const_data_ptr<int64_t>();
    const auto* bar = last.const_data_ptr<float>();
    std::vector<std::vector<Candidate>> found(block);
    parallel_each(block,
                  [&](int64_t i) { found[i] = ranked(rows, first + i, column + i * offered, offered); });
    result.decided += block * offered;
    for (int64_t i = 0; i < block; ++i) {
      cancel.poll();
      const float farthest = found[i][k - 1].cosine;
      if (offered < count - 1 && farthest <= bar[i] + error) {  // others may be as near
        const at::Tensor open = at::nonzero(scores[i] >= farthest - error).view(-1).cpu();
        found[i] = ranked(rows, first + i, open.const_data_ptr<int64_t>(), open.size(0));
        result.decided += open.size(0) - offered;
      }
      for (int64_t n = 0; n < k; ++n) {
        indices[(first + i) * k + n] = found[i][n].index;
        similarities[(first + i) * k + n] = found[i][n].cosine;
      }
    }
  }
  return result;
}

}  // namespace stego
