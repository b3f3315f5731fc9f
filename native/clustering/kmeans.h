#pragma once
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"

namespace stego {

struct KMeansOptions {
  int64_t clusters;
  int64_t restarts = 5;
  int64_t iterations = 100;  // maximum, per restart
  uint64_t seed = 0;
};

struct KMeansResult {
  at::Tensor centers;                // [K, D], unit length, from the restart with the highest mean cosine
  std::vector<int64_t> sizes;        // vectors in each cluster
  at::Tensor clusters;               // uint8 [N], one per vector, if there are at most 256 clusters
  double mean_cosine;                // of vectors with their own center
  std::vector<double> mean_cosines;  // of every restart
};

// Cosine (spherical) k-means: k-means++ seeding by cosine distance, then Lloyd iterations until no vector
// changes cluster. An empty cluster is reseeded with the vector farthest from its center. vectors: [N, D],
// any length, N >= clusters; normalized in place.
KMeansResult cosine_kmeans(at::Tensor vectors, const KMeansOptions& options, const CancelFlag& cancel);

}  // namespace stego
