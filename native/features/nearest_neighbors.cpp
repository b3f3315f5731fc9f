#include "features/nearest_neighbors.h"

#include "core/error.h"
#include "core/form.h"
#include "features/exact_search.h"
#include "features/inverted_file.h"
#include "features/tensor_search.h"

namespace stego {

namespace {

constexpr int64_t kMostExact = 1'000'000;
constexpr int64_t kMostRows = int64_t{1} << 30;  // positions are int32, padding included

}  // namespace

Neighbors nearest_neighbors(const at::Tensor& vectors, int64_t k, const CancelFlag& cancel,
                            const SearchOptions& options) {
  const at::NoGradGuard no_grad;
  const int64_t count = vectors.size(0);
  require(count <= kMostRows, "Expected at most ", kMostRows, " vectors, got ", count, ".");
  require(k >= 1 && k < count, "Expected a number of neighbors between 1 and ", count - 1, ", got ", k, ".");
  const at::Tensor matrix = vectors.to(at::kCPU, at::kFloat);
  const UnitRows rows(matrix.stride(1) == 1 ? matrix : matrix.contiguous(), cancel);
  const bool exact =
      options.method == SearchMethod::automatic ? count <= kMostExact : options.method == SearchMethod::exact;
  if (exact && by_operators(vectors.device())) return search_by_products(vectors, rows, k, cancel);
  if (exact) return search_exact(rows, k, options.products, cancel);
  return InvertedFile(rows, options.seed, options.products, cancel).search(k, options.probes, cancel);
}

}  // namespace stego
