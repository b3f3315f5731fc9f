#pragma once
#include "core/aten.h"
#include "core/cancel.h"
#include "features/compared_rows.h"
#include "features/neighbors.h"

namespace stego {

enum class SearchMethod { automatic, exact, inverted_file };

struct SearchOptions {
  SearchMethod method = SearchMethod::automatic;  // exact for up to a million rows
  int64_t probes = 64;                            // for an inverted file; see inverted_file.h
  uint64_t seed = 0;                              // for an inverted file
  Products products = Products::automatic;
};

// Finds cosine neighbors among the rows of `vectors` [N, C]. A row is never its own neighbor: it is excluded
// by identity, not by rank, so duplicates are found. Ties go to the lower index. k < N. As in PyTorch's
// normalize, rows shorter than 1e-12 are not scaled to unit length; the cosines of a zero row are 0.
//
// Low-precision products with a proven bound score the pairs; the exact cosine (float64, rounded to float32)
// decides what the bound leaves open. So exact neighbors are the same for every processor, kind of product
// and number of threads, and those from an inverted file are the same for every number of threads.
//
// float32 vectors on the CPU are read in place, with rows at any stride, so a mapped file needs no copy.
// Memory beyond them and the result, exact: N (8 k + 28) bytes, N C more with 8-bit products, and up to 3 MB
// per thread at C = 384 (5 kB more per channel); for an inverted file: N (C + 32) bytes and twice 4 C sqrt(N)
// floats of centers. Never N x N. Throws ERR_STEGO_ARGUMENT if k is too large, a value is not finite or the
// machine lacks the products.
// machine lacks the products.
Neighbors nearest_neighbors(const at::Tensor& vectors, int64_t k, const CancelFlag& cancel,
                            const SearchOptions& options = {});

}  // namespace stego
