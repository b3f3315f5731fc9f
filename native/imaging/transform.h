#pragma once
#include <cstdint>
#include <vector>

#include "core/aten.h"
#include "core/cancel.h"

namespace stego {

// A picture or label map in memory: rows top to bottom, `channels` bytes per pixel. Does not own its bytes.
struct ImageView {
  const uint8_t* data;
  int64_t height, width, channels;
};

// How a picture becomes network input (utils.py get_transform of the official code;
// docs/method-constants.md#image-preparation).
struct Transform {
  enum class Fit {
    center,  // shorter side to `resolution`, aspect kept, then a centered square
    squash,  // both sides to `resolution`
    whole,  // shorter side to `resolution`, longer side to the nearest multiple of `multiple`; strips of more
            // than 4 to 1 are enlarged less
  };
  int64_t resolution = 224;
  Fit fit = Fit::center;
  int64_t multiple = 1;
  int64_t max_patches = 0;  // pictures of more patches are computed in parts (backbone/parts.h); 0: never
};

// The source row and column of each output pixel.
struct PixelMap {
  std::vector<int64_t> rows, columns;
  int64_t height() const { return static_cast<int64_t>(rows.size()); }
  int64_t width() const { return static_cast<int64_t>(columns.size()); }
};

// Source indices of Pillow's nearest-neighbor resize from n to m pixels: accumulated in double, not computed
// in closed form.
std::vector<int64_t> nearest_indices(int64_t n, int64_t m);

PixelMap map_pixels(int64_t height, int64_t width, const Transform& transform);

// Bytes resized and cropped by the map: uint8 [height, width, channels].
at::Tensor transform_bytes(const ImageView& image, const PixelMap& map);

// A network input batch on a device: float32 [B, 3, H, W], normalized. All images must come out the same
// size. They are uploaded as bytes.
at::Tensor prepare_images(const std::vector<ImageView>& images, const Transform& transform,
                          const at::Device& device, const CancelFlag& cancel);

}  // namespace stego
