#include "features/spherical_kmeans.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/parallel.h"
#include "features/candidates.h"
#include "features/comparison.h"

namespace stego {

namespace {

// Positions of each cluster's rows in ascending order: those of cluster c start at place[start[c]].
struct Members {
  std::vector<int64_t> start;
  std::vector<int32_t> place;
};

Members members_of(const std::vector<int32_t>& centers, int64_t count, int64_t clusters) {
  Members members{std::vector<int64_t>(clusters + 1), std::vector<int32_t>(count)};
  for (int64_t i = 0; i < count; ++i) ++members.start[centers[i] + 1];
  std::partial_sum(members.start.begin(), members.start.end(), members.start.begin());
  std::vector<int64_t> next(members.start.begin(), members.start.end() - 1);
  for (int64_t i = 0; i < count; ++i) members.place[next[centers[i]]++] = static_cast<int32_t>(i);
  return members;
}

// The direction of the sum of the unit vectors; zero if they cancel out.
void write_center(const UnitRows& rows, const std::vector<int32_t>& order, const int32_t* begin,
                  const int32_t* end, float* center) {
  std::vector<double> sum(rows.dim());
  for (const int32_t* place = begin; place != end; ++place) {
    const float* row = rows.row(order[*place]);
    const double factor = rows.factor(order[*place]);
    for (int64_t c = 0; c < rows.dim(); ++c) sum[c] += row[c] * factor;
  }
  double square = 0;
  for (const double value : sum) square += value * value;
  const double factor = square > 0 ? 1 / std::sqrt(square) : 0;
  for (int64_t c = 0; c < rows.dim(); ++c) center[c] = static_cast<float>(sum[c] * factor);
}

// Gives each empty cluster one of the rows farthest from their own centers; ties go by position.
void revive(const UnitRows& rows, const ComparedRows& compared, const Assignment& assignment,
            const Members& members, int64_t count, at::Tensor& centers) {
  std::vector<int64_t> dead;
  for (int64_t c = 0; c < centers.size(0); ++c) {
    if (members.start[c] == members.start[c + 1]) dead.push_back(c);
  }
  if (dead.empty()) return;
  std::vector<int32_t> far(count);
  std::iota(far.begin(), far.end(), 0);
  std::partial_sort(far.begin(), far.begin() + static_cast<int64_t>(dead.size()), far.end(),
                    [&](int32_t a, int32_t b) {
                      return assignment.cosine[a] < assignment.cosine[b] ||
                             (assignment.cosine[a] == assignment.cosine[b] && a < b);
                    });
  for (size_t d = 0; d < dead.size(); ++d) {
    write_center(rows, compared.order, &far[d], &far[d] + 1,
                 centers.mutable_data_ptr<float>() + dead[d] * rows.dim());
  }
}

}  // namespace

Assignment assign(const ComparedRows& rows, const ComparedRows& centers, const CancelFlag& cancel) {
  struct Worker {
    Comparison comparison;
    Candidates nearest;
  };
  std::vector<Worker> workers;
  for (int thread = 0; thread < at::get_num_threads(); ++thread)
    workers.push_back({Comparison(rows, centers), Candidates(rows, 1, Comparison::kBlock)});
  Assignment result{std::vector<int32_t>(rows.positions()), std::vector<float>(rows.positions())};
  const int64_t blocks = (rows.positions() + Comparison::kBlock - 1) / Comparison::kBlock;
  for_each_task(blocks, [&](int64_t block, int64_t w) {
    cancel.poll();
    Worker& worker = workers[w];
    const Span span{block * Comparison::kBlock, std::min((block + 1) * Comparison::kBlock, rows.positions())};
    worker.nearest.open(span.begin);
    worker.comparison.compare(span, worker.nearest, {0, centers.positions()});
    for (int64_t position = span.begin; position < span.end; ++position) {
      if (rows.order[position] >= 0)
        worker.nearest.finish(position, &result.center[position], &result.cosine[position]);
    }
  });
  return result;
}

at::Tensor fit_centers(const UnitRows& rows, const std::vector<int32_t>& sample, int64_t clusters,
                       int64_t iterations, const Quantization& quantization, const CancelFlag& cancel) {
  const auto count = static_cast<int64_t>(sample.size());
  std::vector<int32_t> order = sample;
  order.resize((count + kPanel - 1) / kPanel * kPanel, -1);
  const ComparedRows compared(rows, std::move(order), quantization, cancel);
  at::Tensor centers = at::empty({clusters, rows.dim()});
  auto* values = centers.mutable_data_ptr<float>();
  for (int32_t c = 0; c < clusters; ++c)
    write_center(rows, compared.order, &c, &c + 1, values + c * rows.dim());
  for (int64_t iteration = 0; iteration < iterations; ++iteration) {
    const UnitRows unit_centers(centers, cancel);
    const ComparedRows targets(unit_centers, in_sequence(0, clusters), quantization, cancel);
    const Assignment assignment = assign(compared, targets, cancel);
    const Members members = members_of(assignment.center, count, clusters);
    at::parallel_for(0, clusters, 8, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) {
        write_center(rows, compared.order, members.place.data() + members.start[c],
                     members.place.data() + members.start[c + 1], values + c * rows.dim());
      }
    });
    revive(rows, compared, assignment, members, count, centers);
  }
  return centers;
}

}  // namespace stego
