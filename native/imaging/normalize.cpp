#include "imaging/normalize.h"

#include <array>

namespace stego {

namespace {

constexpr std::array<float, 3> kMean = {0.485f, 0.456f, 0.406f};
constexpr std::array<float, 3> kStd = {0.229f, 0.224f, 0.225f};

// The result for each of the 256 byte values, per channel.
const std::array<std::array<float, 256>, 3>& table() {
  static const auto values = [] {
    std::array<std::array<float, 256>, 3> result;
    for (int c = 0; c < 3; ++c) {
      for (int v = 0; v < 256; ++v) {
        const float scaled = static_cast<float>(v) / 255.0f;
        result[c][v] = (scaled - kMean[c]) / kStd[c];
      }
    }
    return result;
  }();
  return values;
}

}  // namespace

void normalize(const uint8_t* rgb, int64_t pixels, float* target, int64_t plane) {
  for (int64_t i = 0; i < pixels; ++i) {
    for (int64_t c = 0; c < 3; ++c) target[c * plane + i] = table()[c][rgb[i * 3 + c]];
  }
}

at::Tensor normalize_unit(const at::Tensor& image) {
  const auto constant = [&](const std::array<float, 3>& values) {
    return at::tensor(at::ArrayRef<float>(values.data(), values.size())).view({3, 1, 1}).to(image.device());
  };
  return (image - constant(kMean)) / constant(kStd);
}

at::Tensor normalize_bytes(const at::Tensor& pixels) {
  return normalize_unit(
      pixels.permute({0, 3, 1, 2})
          .to(at::kFloat, /*non_blocking=*/false, /*copy=*/false, at::MemoryFormat::Contiguous) /
      255);
}

at::Tensor denormalize(const at::Tensor& image) {
  const int64_t height = image.size(1), width = image.size(2), pixels = height * width;
  at::Tensor output = at::empty({height, width, 3}, at::kByte);
  const float* source = image.const_data_ptr<float>();
  uint8_t* target = output.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < pixels; ++i) {
    for (int64_t c = 0; c < 3; ++c) {
      const float scaled = source[c * pixels + i] * kStd[c];
      const float shifted = scaled + kMean[c];
      target[i * 3 + c] = static_cast<uint8_t>(static_cast<int>(shifted * 255.0f));
    }
  }
  return output;
}

}  // namespace stego
