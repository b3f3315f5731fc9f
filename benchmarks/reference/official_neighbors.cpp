// Times the official formulation of nearest neighbors (precompute_knns.py): unit vectors, sixteen blocks of
// rows, each block's full float32 product with all vectors, and the largest values of every row.
//
//   official_neighbors <vectors, raw float32> <N> <C> <k> <threads>
//
// The first output line is the largest difference of its similarities from this package's, rank by rank.
// After that, each input line is answered with the milliseconds of one search. Before all that, this
// package's lists must equal those from plain float64 cosines of all pairs, rounded to float32, with ties by
// index.
#include <ATen/Parallel.h>
#include <ATen/ops/from_file.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "core/error.h"
#include "features/nearest_neighbors.h"

namespace {

using namespace stego;

constexpr int64_t kChunks = 16;
constexpr int64_t kCheckedRows = 512;  // at a time

struct Lists {
  at::Tensor similarities, indices;  // [N, k + 1], each row itself among its neighbors
};

at::Tensor unit_rows(const at::Tensor& vectors) {
  return vectors / vectors.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
}

Lists search(const at::Tensor& vectors, int64_t k) {
  const at::Tensor units = unit_rows(vectors);
  std::vector<at::Tensor> similarities, indices;
  for (const at::Tensor& chunk : units.chunk(kChunks)) {
    auto [values, places] = at::mm(chunk, units.t()).topk(k + 1);
    similarities.push_back(values);
    indices.push_back(places);
  }
  return {at::cat(similarities), at::cat(indices)};
}

// Whether a row's list holds its nearest rows in order, according to its `cosines` to all rows.
bool is_nearest(const float* cosines, int64_t count, int64_t row, const int32_t* indices,
                const float* similarities, int64_t k) {
  const auto before = [](float a, int64_t i, float b, int64_t j) { return a > b || (a == b && i < j); };
  for (int64_t rank = 0; rank < k; ++rank) {
    const int64_t index = indices[rank];
    if (index == row || similarities[rank] != cosines[index]) return false;
    if (rank > 0 && !before(similarities[rank - 1], indices[rank - 1], cosines[index], index)) return false;
  }
  int64_t nearer = 0;
  for (int64_t other = 0; other < count; ++other)
    nearer += other != row && before(cosines[other], other, similarities[k - 1], indices[k - 1]);
  return nearer == k - 1;
}

int64_t count_wrong(const at::Tensor& vectors, const Neighbors& found) {
  const at::Tensor units = unit_rows(vectors.to(at::kDouble));
  const int64_t count = vectors.size(0), k = found.indices.size(1);
  int64_t wrong = 0;
  for (int64_t first = 0; first < count; first += kCheckedRows) {
    const int64_t rows = std::min(kCheckedRows, count - first);
    const at::Tensor cosines = at::mm(units.narrow(0, first, rows), units.t()).to(at::kFloat);
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t row = first + i;
      wrong += !is_nearest(cosines.const_data_ptr<float>() + i * count, count, row,
                           found.indices.const_data_ptr<int32_t>() + row * k,
                           found.similarities.const_data_ptr<float>() + row * k, k);
    }
  }
  return wrong;
}

int run(const std::vector<std::string>& words) {
  require(words.size() == 6, "Expected vectors, N, C, k and threads.");
  const at::NoGradGuard no_grad;
  const int64_t count = std::stoll(words[2]), dim = std::stoll(words[3]), k = std::stoll(words[4]);
  at::set_num_threads(std::stoi(words[5]));
  const at::Tensor vectors =
      at::from_file(words[1], /*shared=*/false, count * dim, at::kFloat).view({count, dim});
  SearchOptions exact;
  exact.method = SearchMethod::exact;
  const Neighbors found = nearest_neighbors(vectors, k, {}, exact);
  const int64_t wrong = count_wrong(vectors, found);
  require(wrong == 0, wrong, " of ", count, " lists differ from those of float64 cosines.");
  const at::Tensor official = search(vectors, k).similarities.narrow(1, 1, k);
  std::cout << (official - found.similarities).abs().max().item<double>() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    search(vectors, k);
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    std::cout << elapsed.count() << std::endl;
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run({words, words + count});
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
