#pragma once
#include <optional>
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "features/compared_rows.h"
#include "features/comparison.h"
#include "features/neighbors.h"

namespace stego {

// An inverted file: splits the rows into about 4 sqrt(N) lists, each around a center of spherical k-means, so
// that a row is compared only with rows in nearby lists. Rows found are ranked exactly; neighbors in other
// lists are missed.
class InvertedFile {
 public:
  // Fits centers to a sample of the rows and puts each row into the list of its nearest center. The same seed
  // gives the same lists for any number of threads.
  InvertedFile(const UnitRows& rows, uint64_t seed, Products products, const CancelFlag& cancel);

  int64_t lists() const { return static_cast<int64_t>(spans_.size()); }

  // The k nearest rows of each row among the `probes` lists whose centers are nearest to that of its own
  // list, itself included; all lists if these hold too few rows. Recall is measured on up to 1000 rows,
  // compared with all others.
  Neighbors search(int64_t k, int64_t probes, const CancelFlag& cancel) const;

 private:
  std::vector<int32_t> probed(int64_t list, const Neighbors& near, int64_t k) const;
  double measure_recall(const Neighbors& neighbors, int64_t k, const CancelFlag& cancel) const;

  const UnitRows& rows_;
  uint64_t seed_;
  Products products_;
  Quantization quantization_;
  at::Tensor centers_;                  // [lists, C], unit length
  std::vector<Span> spans_;             // positions of each list
  std::vector<int64_t> sizes_;          // rows in each list
  std::optional<ComparedRows> listed_;  // all rows, list by list
};

}  // namespace stego
