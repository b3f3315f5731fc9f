#include "metrics/confusion.h"

namespace stego {

void count_confusion(const uint8_t* predictions, const uint8_t* labels, int64_t pixels, int64_t rows,
                     int64_t columns, int64_t* counts) {
  for (int64_t i = 0; i < pixels; ++i) {
    if (labels[i] < columns && predictions[i] < rows) ++counts[predictions[i] * columns + labels[i]];
  }
}

}  // namespace stego
