#include "features/inverted_file.h"

#include <ATen/ops/randperm.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/parallel.h"
#include "core/random.h"
#include "features/candidates.h"
#include "features/exact_search.h"
#include "features/spherical_kmeans.h"

namespace stego {

namespace {

constexpr int64_t kRowsPerCenter = 64;  // in the sample that the centers are fitted to
constexpr int64_t kIterations = 8;
constexpr int64_t kRowsAssigned = 1 << 15;  // at a time
constexpr int64_t kRecallRows = 1000;
constexpr int64_t kRecallBlock = 64;
constexpr uint64_t kSampleStream = 1, kRecallStream = 2;

// Draws distinct random indices below count.
std::vector<int32_t> draw(int64_t count, int64_t drawn, uint64_t seed, uint64_t stream) {
  const at::Tensor all = at::randperm(count, make_generator(seed, stream), at::kInt);
  const auto* begin = all.const_data_ptr<int32_t>();
  return {begin, begin + drawn};
}

// One thread's comparison and the neighbors of a block of rows.
struct Worker {
  Comparison comparison;
  Candidates neighbors;
};

std::vector<Worker> make_workers(const ComparedRows& rows, const ComparedRows& columns, int64_t k,
                                 int64_t slots) {
  std::vector<Worker> workers;
  for (int thread = 0; thread < at::get_num_threads(); ++thread)
    workers.push_back({Comparison(rows, columns), Candidates(rows, k, slots)});
  return workers;
}

}  // namespace

InvertedFile::InvertedFile(const UnitRows& rows, uint64_t seed, Products products, const CancelFlag& cancel)
    : rows_(rows), seed_(seed), products_(products), quantization_(choose_quantization(rows, products)) {
  const int64_t count = rows.count();
  const auto lists = std::min(count, static_cast<int64_t>(4 * std::sqrt(static_cast<double>(count))));
  centers_ = fit_centers(rows, draw(count, std::min(count, kRowsPerCenter * lists), seed, kSampleStream),
                         lists, kIterations, quantization_, cancel);
  const UnitRows unit_centers(centers_, cancel);
  const ComparedRows targets(unit_centers, in_sequence(0, lists), quantization_, cancel);
  std::vector<int32_t> list_of(count);
  sizes_.resize(lists);
  for (int64_t begin = 0; begin < count; begin += kRowsAssigned) {
    const int64_t end = std::min(begin + kRowsAssigned, count);
    const ComparedRows some(rows, in_sequence(begin, end), quantization_, cancel);
    const Assignment assignment = assign(some, targets, cancel);
    std::copy_n(assignment.center.begin(), end - begin, list_of.begin() + begin);
  }
  for (const int32_t list : list_of) ++sizes_[list];
  int64_t positions = 0;
  std::vector<int64_t> next;
  for (const int64_t size : sizes_) {
    next.push_back(positions);
    positions += (size + kPanel - 1) / kPanel * kPanel;
    spans_.push_back({next.back(), positions});
  }
  std::vector<int32_t> order(positions, -1);
  for (int64_t row = 0; row < count; ++row) order[next[list_of[row]]++] = static_cast<int32_t>(row);
  listed_.emplace(rows, std::move(order), quantization_, cancel);
}

// The lists that a list's rows are compared with, starting with its own.
std::vector<int32_t> InvertedFile::probed(int64_t list, const Neighbors& near, int64_t k) const {
  std::vector<int32_t> result{static_cast<int32_t>(list)};
  if (near.indices.defined()) {
    const int64_t others = near.indices.size(1);
    const auto* indices = near.indices.const_data_ptr<int32_t>() + list * others;
    result.insert(result.end(), indices, indices + others);
  }
  int64_t rows = 0;
  for (const int32_t probe : result) rows += sizes_[probe];
  if (rows > k) return result;
  result.resize(lists());
  std::iota(result.begin(), result.end(), 0);
  return result;
}

Neighbors InvertedFile::search(int64_t k, int64_t probes, const CancelFlag& cancel) const {
  require(probes >= 1, "Expected at least one list to probe, got ", probes, ".");
  Neighbors near;
  if (std::min(probes, lists()) > 1)
    near = search_exact(UnitRows(centers_, cancel), std::min(probes, lists()) - 1, products_, cancel);
  struct Block {
    int64_t list;
    Span rows;
  };
  std::vector<Block> blocks;
  for (int64_t list = 0; list < lists(); ++list) {
    for (int64_t begin = spans_[list].begin; begin < spans_[list].end; begin += Comparison::kBlock)
      blocks.push_back({list, {begin, std::min(begin + Comparison::kBlock, spans_[list].end)}});
  }
  Neighbors result{at::empty({rows_.count(), k}, at::kInt), at::empty({rows_.count(), k}, at::kFloat), {}};
  auto* indices = result.indices.mutable_data_ptr<int32_t>();
  auto* similarities = result.similarities.mutable_data_ptr<float>();
  std::vector<Worker> workers = make_workers(*listed_, *listed_, k, Comparison::kBlock);
  for_each_task(static_cast<int64_t>(blocks.size()), [&](int64_t b, int64_t w) {
    cancel.poll();
    Worker& worker = workers[w];
    const auto& [list, span] = blocks[b];
    worker.neighbors.open(span.begin);
    for (const int32_t probe : probed(list, near, k))
      worker.comparison.compare(span, worker.neighbors, spans_[probe]);
    for (int64_t position = span.begin; position < span.end; ++position) {
      const int64_t row = listed_->order[position];
      if (row >= 0) worker.neighbors.finish(position, indices + row * k, similarities + row * k);
    }
  });
  for (const Worker& worker : workers) result.decided += worker.comparison.decided();
  result.recall = measure_recall(result, k, cancel);
  return result;
}

double InvertedFile::measure_recall(const Neighbors& neighbors, int64_t k, const CancelFlag& cancel) const {
  std::vector<int32_t> order =
      draw(rows_.count(), std::min(rows_.count(), kRecallRows), seed_, kRecallStream);
  const auto asked = static_cast<int64_t>(order.size());
  order.resize((asked + kPanel - 1) / kPanel * kPanel, -1);
  const ComparedRows queries(rows_, std::move(order), quantization_, cancel);
  std::vector<Worker> workers = make_workers(queries, *listed_, k, kRecallBlock);
  std::vector<int64_t> found(asked);
  const int64_t blocks = (queries.positions() + kRecallBlock - 1) / kRecallBlock;
  for_each_task(blocks, [&](int64_t block, int64_t w) {
    cancel.poll();
    Worker& worker = workers[w];
    const Span span{block * kRecallBlock, std::min((block + 1) * kRecallBlock, queries.positions())};
    worker.neighbors.open(span.begin);
    worker.comparison.compare(span, worker.neighbors, {0, listed_->positions()});
    std::vector<int32_t> indices(k);
    std::vector<float> similarities(k);
    for (int64_t position = span.begin; position < std::min(span.end, asked); ++position) {
      worker.neighbors.finish(position, indices.data(), similarities.data());
      const auto* given = neighbors.indices.const_data_ptr<int32_t>() + queries.order[position] * k;
      std::sort(indices.begin(), indices.end());
      found[position] = std::count_if(given, given + k, [&](int32_t index) {
        return std::binary_search(indices.begin(), indices.end(), index);
      });
    }
  });
  return static_cast<double>(std::accumulate(found.begin(), found.end(), int64_t{0})) /
         static_cast<double>(asked * k);
}

}  // namespace stego
