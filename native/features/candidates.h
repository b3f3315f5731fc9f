#pragma once
#include <cstdint>
#include <vector>

#include "features/compared_rows.h"

namespace stego {

// The k nearest columns offered so far, for each of some rows. Ordered by cosine, then by index, so the order
// of offers does not matter.
class Candidates {
 public:
  // `slots` is the number of rows handled together.
  Candidates(const ComparedRows& rows, int64_t k, int64_t slots);

  // Starts over: the rows at positions first, first + 1, ... take slots 0, 1, ...
  void open(int64_t first);
  int64_t first() const { return first_; }
  int64_t k() const { return k_; }

  // A column may be among the nearest if its score plus its peak reaches this bar; NaN in padding. [slots]
  const float* bars() const { return bars_.data(); }

  // Whether a column whose score and peak add up to `reach` may be among the nearest of the row at a
  // position.
  bool wants(int64_t position, float reach, int32_t index) const {
    const int64_t slot = position - first_;
    return reach >= bars_[slot] && index <= highest_[slot];
  }

  // Offers a column to the row at a position. Different rows are independent.
  void offer(int64_t position, int32_t index, float cosine);

  // The k nearest of the row at a position, nearest first. At least k columns must have been compared.
  void finish(int64_t position, int32_t* indices, float* cosines);

 private:
  struct Entry {
    float cosine;
    int32_t index;
    // Heap order, with the farthest at the front.
    bool operator<(const Entry& other) const {
      return cosine > other.cosine || (cosine == other.cosine && index < other.index);
    }
  };

  const ComparedRows& rows_;
  int64_t k_, first_ = 0;
  std::vector<Entry> entries_;    // [slots, k], heaps
  std::vector<int32_t> counts_;   // entries in each slot
  std::vector<int32_t> highest_;  // higher indices no longer qualify
  std::vector<float> bars_;
};

}  // namespace stego
