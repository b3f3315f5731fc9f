#pragma once
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "features/unit_rows.h"

namespace stego {

// What finds candidates before exact cosines decide: float32 products everywhere, or products of 8-bit codes
// on processors with AVX-512 VNNI, at four times the rate. Both give the same neighbors.
enum class Products { automatic, float32, int8 };

// How rows are quantized to 8 bits: each row minus a common center, with its own scale. Any center and any
// positive ratio give correct bounds; these values make them tight.
struct Quantization {
  std::vector<double> center;  // [C], roughly the mean of the unit vectors; empty for float32 products
  double center_square = 0;    // its squared length
  double ratio = 0.01;         // approximate ratio of a row's rounding error to its length

  bool int8() const { return !center.empty(); }
};

// Throws ERR_STEGO_ARGUMENT if 8-bit products are requested and this machine has none.
Quantization choose_quantization(const UnitRows& rows, Products products);

// Rows in the order they are compared, with bounds on their cosines: a pair's low-precision score plus both
// rows' peaks is never less than their cosine.
struct ComparedRows {
  // order: index of the row at each position, -1 in padding; the length is a multiple of 16.
  ComparedRows(const UnitRows& rows, std::vector<int32_t> order, const Quantization& quantization,
               const CancelFlag& cancel);

  int64_t positions() const { return static_cast<int64_t>(order.size()); }
  bool int8() const { return codes.defined(); }

  const UnitRows& rows;
  std::vector<int32_t> order;
  std::vector<float> peaks;  // NaN in padding, so that every comparison fails there
  // For 8-bit products only:
  int64_t groups = 0;           // of four channels
  at::Tensor codes;             // int8 [panels, groups, 16, 4]
  std::vector<float> scales;    // value of one code step
  std::vector<int32_t> biases;  // -128 * sum of a row's codes

 private:
  void quantize(int64_t position, const Quantization& quantization);
};

// Rows begin, begin + 1, ..., end - 1, then padding.
std::vector<int32_t> in_sequence(int64_t begin, int64_t end);

}  // namespace stego
