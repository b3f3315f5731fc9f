#include "features/exact_search.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/parallel.h"
#include "features/candidates.h"
#include "features/comparison.h"

namespace stego {

namespace {

int64_t ceil_to(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// The rows per block that give every thread the same number of pairs per round and fill the tiles.
int64_t block_rows(int64_t positions, int64_t threads) {
  const int64_t least = std::max<int64_t>(8, 2 * threads);
  const int64_t blocks = ceil_to(ceil_to(positions, Comparison::kBlock) / Comparison::kBlock, least);
  return ceil_to((positions + blocks - 1) / blocks, kTileColumns);
}

// The pairs of a round-robin schedule (circle method): in each of `teams` - 1 rounds, every team meets
// another, so a round's pairs have no team in common. `teams` is even.
std::pair<int64_t, int64_t> pair_of(int64_t round, int64_t place, int64_t teams) {
  const int64_t circle = teams - 1;
  if (place == 0) return {circle, round};
  return {(round + place) % circle, (round + circle - place) % circle};
}

}  // namespace

Neighbors search_exact(const UnitRows& rows, int64_t k, Products products, const CancelFlag& cancel) {
  const int64_t count = rows.count();
  const ComparedRows compared(rows, in_sequence(0, count), choose_quantization(rows, products), cancel);
  Candidates candidates(compared, k, compared.positions());
  candidates.open(0);

  const auto threads = static_cast<int64_t>(at::get_num_threads());
  std::vector<Comparison> workers;
  for (int64_t thread = 0; thread < threads; ++thread) workers.emplace_back(compared, compared);
  const int64_t size = block_rows(compared.positions(), threads);
  const int64_t blocks = (compared.positions() + size - 1) / size;
  const auto span = [&](int64_t block) -> Span {
    return {block * size, std::min((block + 1) * size, compared.positions())};
  };
  for_each_task(blocks, [&](int64_t block, int64_t worker) {
    cancel.poll();
    workers[worker].compare(span(block), candidates, span(block));
  });
  const int64_t teams = blocks + blocks % 2;
  for (int64_t round = 0; round < teams - 1; ++round) {
    for_each_task(teams / 2, [&](int64_t place, int64_t worker) {
      cancel.poll();
      const auto [one, other] = pair_of(round, place, teams);
      if (std::max(one, other) < blocks)
        workers[worker].compare(span(one), candidates, span(other), &candidates);
    });
  }

  Neighbors result{at::empty({count, k}, at::kInt), at::empty({count, k}, at::kFloat), {}};
  auto* indices = result.indices.mutable_data_ptr<int32_t>();
  auto* similarities = result.similarities.mutable_data_ptr<float>();
  parallel_each(blocks, [&](int64_t block) {
    for (int64_t row = span(block).begin; row < std::min(span(block).end, count); ++row)
      candidates.finish(row, indices + row * k, similarities + row * k);
  });
  for (const Comparison& worker : workers) result.decided += worker.decided();
  return result;
}

}  // namespace stego
