#include "clustering/kmeans.h"

#include <algorithm>

#include "core/error.h"
#include "core/l2_normalize.h"
#include "core/random.h"

namespace stego {

namespace {

constexpr int64_t kRowsAtATime = 65536;  // bounds memory beyond the vectors

// Draws the first center uniformly, and each later one with probability proportional to 1 - best cosine so
// far.
at::Tensor seed_centers(const at::Tensor& vectors, int64_t clusters, at::Generator generator) {
  const int64_t count = vectors.size(0);
  at::Tensor chosen = at::randint(count, {1}, generator, at::kLong);
  at::Tensor best = at::mv(vectors, vectors[chosen.item<int64_t>()]);
  std::vector<int64_t> picks = {chosen.item<int64_t>()};
  while (static_cast<int64_t>(picks.size()) < clusters) {
    const at::Tensor cumulative = (1 - best).clamp_min(0).to(at::kDouble).cumsum(0);
    const double total = cumulative[count - 1].item<double>();
    int64_t pick;
    if (total > 0) {
      const at::Tensor place =
          at::rand({1}, generator, at::TensorOptions(at::kDouble)).to(vectors.device()) * total;
      pick = std::min(at::searchsorted(cumulative, place, false, true).item<int64_t>(), count - 1);
    } else {  // all vectors point the same way
      pick = at::randint(count, {1}, generator, at::kLong).item<int64_t>();
    }
    picks.push_back(pick);
    best = at::maximum(best, at::mv(vectors, vectors[pick]));
  }
  return vectors.index_select(0, at::tensor(picks, at::kLong).to(vectors.device()));
}

// Gives each empty cluster one of the vectors that are farthest from their own centers.
void reseed_dead(const at::Tensor& vectors, const at::Tensor& cosines, const at::Tensor& sizes,
                 at::Tensor& centers) {
  const at::Tensor dead = at::nonzero(sizes == 0).view(-1);
  if (dead.size(0) == 0) return;
  const at::Tensor farthest = std::get<1>(at::topk(cosines, dead.size(0), -1, /*largest=*/false));
  centers.index_copy_(0, dead, vectors.index_select(0, farthest));
}

struct Fit {
  at::Tensor centers, sizes, nearest;
  double mean_cosine;
};

// The nearest center of each vector and the cosine to it, [N] each.
struct Assignment {
  at::Tensor nearest, cosines;
};

Assignment assign(const at::Tensor& vectors, const at::Tensor& centers) {
  Assignment result{at::empty({vectors.size(0)}, vectors.options().dtype(at::kLong)),
                    at::empty({vectors.size(0)}, vectors.options())};
  for (int64_t first = 0; first < vectors.size(0); first += kRowsAtATime) {
    const int64_t rows = std::min(kRowsAtATime, vectors.size(0) - first);
    at::Tensor cosines = result.cosines.narrow(0, first, rows),
               nearest = result.nearest.narrow(0, first, rows);
    at::max_out(cosines, nearest, at::mm(vectors.narrow(0, first, rows), centers.t()), 1);
  }
  return result;
}

// The sum of each cluster's vectors, [K, D].
at::Tensor sums_of(const at::Tensor& vectors, const at::Tensor& nearest, int64_t clusters) {
  at::Tensor sums = at::zeros({clusters, vectors.size(1)}, vectors.options());
  for (int64_t first = 0; first < vectors.size(0); first += kRowsAtATime) {
    const int64_t rows = std::min(kRowsAtATime, vectors.size(0) - first);
    const at::Tensor members =
        at::one_hot(nearest.narrow(0, first, rows), clusters).to(at::kFloat);  // [n, K]
    sums.addmm_(members.t(), vectors.narrow(0, first, rows));
  }
  return sums;
}

Fit fit_once(const at::Tensor& vectors, const KMeansOptions& options, at::Generator generator,
             const CancelFlag& cancel) {
  at::Tensor centers = seed_centers(vectors, options.clusters, generator);
  at::Tensor assigned, sizes;
  double mean_cosine = 0;
  for (int64_t iteration = 0; iteration < options.iterations; ++iteration) {
    cancel.poll();
    const auto [nearest, cosines] = assign(vectors, centers);
    mean_cosine = cosines.mean(at::kDouble).item<double>();
    sizes = at::bincount(nearest, {}, options.clusters);
    const bool settled = assigned.defined() && at::equal(assigned, nearest);
    assigned = nearest;
    if (settled || iteration + 1 == options.iterations) break;
    centers = l2_normalize(sums_of(vectors, nearest, options.clusters), 1e-12);
    reseed_dead(vectors, cosines, sizes, centers);
  }
  return {centers, sizes, assigned, mean_cosine};
}

}  // namespace

KMeansResult cosine_kmeans(at::Tensor vectors, const KMeansOptions& options, const CancelFlag& cancel) {
  const at::NoGradGuard no_grad;
  require(vectors.dim() == 2 && vectors.size(0) >= options.clusters, "Expected at least ", options.clusters,
          " vectors for as many clusters, got ", vectors.size(0), ".");
  vectors.div_(at::linalg_vector_norm(vectors, 2, {-1}, /*keepdim=*/true).clamp_min_(1e-12));
  KMeansResult result;
  result.mean_cosine = -2;
  for (int64_t restart = 0; restart < options.restarts; ++restart) {
    Fit fit = fit_once(vectors, options, make_generator(options.seed, restart), cancel);
    result.mean_cosines.push_back(fit.mean_cosine);
    if (fit.mean_cosine <= result.mean_cosine) continue;
    result.mean_cosine = fit.mean_cosine;
    result.centers = fit.centers;
    result.clusters = fit.nearest.to(at::kByte).cpu();
    const at::Tensor sizes = fit.sizes.cpu();
    result.sizes.assign(sizes.const_data_ptr<int64_t>(), sizes.const_data_ptr<int64_t>() + sizes.numel());
  }
  return result;
}

}  // namespace stego
