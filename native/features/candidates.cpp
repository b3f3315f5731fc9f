#include "features/candidates.h"

#include <algorithm>
#include <limits>

namespace stego {

Candidates::Candidates(const ComparedRows& rows, int64_t k, int64_t slots)
    : rows_(rows), k_(k), entries_(slots * k), counts_(slots), highest_(slots), bars_(slots) {}

void Candidates::open(int64_t first) {
  first_ = first;
  std::fill(counts_.begin(), counts_.end(), 0);
  std::fill(highest_.begin(), highest_.end(), std::numeric_limits<int32_t>::max());
  for (size_t slot = 0; slot < bars_.size(); ++slot) {
    const int64_t position = first + static_cast<int64_t>(slot);
    const bool row = position < rows_.positions() && rows_.order[position] >= 0;
    bars_[slot] = row ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  }
}

void Candidates::offer(int64_t position, int32_t index, float cosine) {
  const int64_t slot = position - first_;
  const Entry entry{cosine, index};
  Entry* begin = entries_.data() + slot * k_;
  Entry* end = begin + counts_[slot];
  if (counts_[slot] < k_) {
    *end++ = entry;
    ++counts_[slot];
  } else {
    if (!(entry < *begin)) return;
    std::pop_heap(begin, end);
    end[-1] = entry;
  }
  std::push_heap(begin, end);
  if (counts_[slot] < k_) return;
  bars_[slot] = begin->cosine - rows_.peaks[position];
  // If nothing can be nearer, as among duplicates, only lower indices still qualify.
  if (begin->cosine >= (rows_.rows.factor(rows_.order[position]) == 0 ? 0.0f : 1.0f))
    highest_[slot] = begin->index;
}

void Candidates::finish(int64_t position, int32_t* indices, float* cosines) {
  Entry* begin = entries_.data() + (position - first_) * k_;
  std::sort_heap(begin, begin + k_);
  for (int64_t i = 0; i < k_; ++i) {
    indices[i] = begin[i].index;
    cosines[i] = begin[i].cosine;
  }
}

}  // namespace stego
