#pragma once
#include <cstdint>

namespace stego {

// Adds pixels to counts [predicted, true]. Labels outside the columns are void; predictions outside the rows
// are not counted (utils.py UnsupervisedMetrics).
void count_confusion(const uint8_t* predictions, const uint8_t* labels, int64_t pixels, int64_t rows,
                     int64_t columns, int64_t* counts);

}  // namespace stego
