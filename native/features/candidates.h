#pragma once
#include <cstdint>
#include <vector>

#include "features/compared_rows.h"

namespace stego {

// The nearest k columns of each of some rows, of those offered so far. They are ordered by cosine and then by
// index, so that the order of the offers does not matter.
class Candidates {
 public:
  // `slots` is the number of rows looked at together.
  Candidates(const ComparedRows& rows, int64_t k, int64_t slots);

  // Begins anew: the rows at positions first, first + 1, ... take the slots 0, 1, ...
  void open(int64_t first);
  int64_t first() const { return first_; }
  int64_t k() const { return k_; }

  // A column may be among the nearest where its score and its peak reach this; NaN in padding. [slots]
  const float* bars() const { return bars_.data(); }

  // Whether a column whose score and peak make `reach` may be among the nearest of the row at a position.
  bool wants(int64_t position, float reach, int32_t index) const {
    const int64_t slot = position - first_;
    return reach >= bars_[slot] && index <= highest_[slot];
  }

  // Offers a column to the row at a position. Rows are independent of one another.
  void offer(int64_t position, int32_t index, float cosine);

  // The k nearest of the row at a position, nearest first; at least k columns must have been compared.
  void finish(int64_t position, int32_t* indices, float* cosines);

 private:
  struct Entry {
    float cosine;
    int32_t index;
    // As in a heap whose front is the farthest.
    bool operator<(const Entry& other) const {
      return cosine > other.cosine || (cosine == other.cosine && index < other.index);
    }
  };

  const ComparedRows& rows_;
  int64_t k_, first_ = 0;
  std::vector<Entry> entries_;    // [slots, k], heaps
  std::vector<int32_t> counts_;   // entries of each slot
  std::vector<int32_t> highest_;  // index beyond which nothing comes into question
  std::vector<float> bars_;
};

}  // namespace stego
