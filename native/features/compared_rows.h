#pragma once
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"
#include "features/unit_rows.h"

namespace stego {

// What candidates are found by before cosines decide: float32 products everywhere, or products of 8-bit codes
// where the processor has AVX-512 VNNI, at four times the rate. The neighbors are the same.
enum class Products { automatic, float32, int8 };

// How rows are brought to 8 bits: each, less a common center, by a scale of its own. Any center and any
// positive ratio give the right bounds; these make them tight.
struct Quantization {
  std::vector<double> center;  // [C], about the mean of the unit vectors; empty for float32 products
  double center_square = 0;    // its squared length
  double ratio = 0.01;         // of the rounding error of a row to its length, about

  bool int8() const { return !center.empty(); }
};

// ERR_STEGO_ARGUMENT where 8-bit products are asked for and this machine has none.
Quantization choose_quantization(const UnitRows& rows, Products products);

// Rows in the order in which they are compared, with what bounds their cosines: the score of a pair, made by
// products of low precision, and the peaks of both add up to no less than their cosine.
struct ComparedRows {
  // order: index of the row at each position, -1 in padding; a multiple of 16.
  ComparedRows(const UnitRows& rows, std::vector<int32_t> order, const Quantization& quantization,
               const CancelFlag& cancel);

  int64_t positions() const { return static_cast<int64_t>(order.size()); }
  bool int8() const { return codes.defined(); }

  const UnitRows& rows;
  std::vector<int32_t> order;
  std::vector<float> peaks;  // NaN in padding, so that no comparison holds there
  // Of 8-bit products alone:
  int64_t groups = 0;           // of four channels
  at::Tensor codes;             // int8 [panels, groups, 16, 4]
  std::vector<float> scales;    // length of a code's unit
  std::vector<int32_t> biases;  // -128 * sum of a row's codes

 private:
  void quantize(int64_t position, const Quantization& quantization);
};

// Rows begin, begin + 1, ..., end - 1 and padding.
std::vector<int32_t> in_sequence(int64_t begin, int64_t end);

}  // namespace stego
