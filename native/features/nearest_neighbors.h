#pragma once
#include "core/aten.h"
#include "core/cancel.h"
#include "features/compared_rows.h"
#include "features/neighbors.h"

namespace stego {

enum class SearchMethod { automatic, exact, inverted_file };

struct SearchOptions {
  SearchMethod method = SearchMethod::automatic;  // exact up to a million rows
  int64_t probes = 64;                            // of an inverted file; see inverted_file.h
  uint64_t seed = 0;                              // of an inverted file
  Products products = Products::automatic;
};

// Cosine neighbors among the rows of `vectors` [N, C]. A row is never its own neighbor: it is excluded by
// identity, not by rank, so duplicates are found. Ties go to the lower index. k < N. Shorter rows than 1e-12
// are not brought to unit length, as in PyTorch's normalize; the cosines of a zero row are 0.
//
// Pairs are scored by products of low precision with a proven bound, and what the bound leaves open is
// decided by the cosine itself (float64, rounded to float32). Exact neighbors are therefore the same for
// every processor, kind of products and number of threads; those by an inverted file for every number of
// threads.
//
// float32 vectors on the CPU are read where they lie, rows at any stride, so that a mapped file needs no
// copy. Memory beside them and the result, exact: N (8 k + 28) bytes, with 8-bit products N C more, and up
// to 3 MB a thread at C = 384 (5 kB more a channel); by an inverted file: N (C + 32), 4 C sqrt(N) floats of
// centers twice over. Never N x N. ERR_STEGO_ARGUMENT where k is too large, a value is not finite or the
// machine lacks the products.
Neighbors nearest_neighbors(const at::Tensor& vectors, int64_t k, const CancelFlag& cancel,
                            const SearchOptions& options = {});

}  // namespace stego
