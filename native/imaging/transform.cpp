#include "imaging/transform.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "core/form.h"
#include "device/devices.h"
#include "imaging/normalize.h"

namespace stego {

std::vector<int64_t> nearest_indices(int64_t n, int64_t m) {
  std::vector<int64_t> indices(m);
  const double scale = static_cast<double>(n) / static_cast<double>(m);
  double x = scale * 0.5;
  for (int64_t i = 0; i < m; ++i, x += scale) {
    indices[i] = std::min(static_cast<int64_t>(std::floor(x)), n - 1);
  }
  return indices;
}

namespace {

constexpr int64_t kRowsAtLeast = 64;  // a thread's share

constexpr int64_t kLongest = 4;  // times the shorter side: strips beyond are not enlarged to the resolution

// Keeps `size` indices from the middle; the offset rounds half to even like Python's round().
void crop_center(std::vector<int64_t>& indices, int64_t size) {
  const double half = (static_cast<double>(indices.size()) - static_cast<double>(size)) / 2.0;
  const auto offset = static_cast<int64_t>(std::nearbyint(half));
  indices = {indices.begin() + offset, indices.begin() + offset + size};
}

// Sides under Fit::whole. The shorter side becomes `resolution`; but a strip of more than 4 to 1 is enlarged
// only until it is as long as a picture of 4 to 1, or not at all.
std::pair<int64_t, int64_t> whole_sides(int64_t shorter, int64_t longer, const Transform& transform) {
  const int64_t multiple = transform.multiple, resolution = transform.resolution;
  const auto in_multiples = [&](double side) { return std::llround(side / multiple) * multiple; };
  if (longer <= kLongest * shorter || shorter >= resolution) {
    const double stretched = static_cast<double>(resolution) * longer / shorter;
    return {resolution, std::max<int64_t>(resolution, in_multiples(stretched))};
  }
  const double scale = std::max(1.0, static_cast<double>(kLongest * resolution) / longer);
  const int64_t short_side = std::max<int64_t>(multiple, in_multiples(shorter * scale));
  return {short_side, std::max<int64_t>(short_side, in_multiples(longer * scale))};
}

// The pixels of a row at some columns.
void gather_row(const ImageView& image, int64_t row, const std::vector<int64_t>& columns, uint8_t* target) {
  const uint8_t* line = image.data + row * image.width * image.channels;
  for (int64_t column : columns) {
    std::memcpy(target, line + column * image.channels, image.channels);
    target += image.channels;
  }
}

}  // namespace

PixelMap map_pixels(int64_t height, int64_t width, const Transform& transform) {
  require(height > 0 && width > 0, "Expected an image of at least 1 x 1 pixels, got ", width, " x ", height,
          ".");
  const int64_t resolution = transform.resolution;
  require(resolution > 0, "Expected a positive resolution, got ", resolution, ".");
  const int64_t shorter = std::min(height, width), longer = std::max(height, width);
  const double stretched = static_cast<double>(resolution) * longer / shorter;
  int64_t short_side = resolution, long_side = 0;
  switch (transform.fit) {
    case Transform::Fit::squash:
      return {nearest_indices(height, resolution), nearest_indices(width, resolution)};
    case Transform::Fit::center:
      long_side = static_cast<int64_t>(stretched);
      break;
    case Transform::Fit::whole:
      std::tie(short_side, long_side) = whole_sides(shorter, longer, transform);
      break;
  }
  PixelMap map{nearest_indices(height, height <= width ? short_side : long_side),
               nearest_indices(width, height <= width ? long_side : short_side)};
  if (transform.fit == Transform::Fit::center) {
    crop_center(map.rows, resolution);
    crop_center(map.columns, resolution);
  }
  return map;
}

at::Tensor transform_bytes(const ImageView& image, const PixelMap& map) {
  at::Tensor output = at::empty({map.height(), map.width(), image.channels}, at::kByte);
  uint8_t* target = output.mutable_data_ptr<uint8_t>();
  for (int64_t row : map.rows) {
    gather_row(image, row, map.columns, target);
    target += map.width() * image.channels;
  }
  return output;
}

namespace {

// Calls `work(i, row, bytes)` with the pixels of every row of every output picture.
template <typename Work>
void for_each_row(const std::vector<ImageView>& images, const std::vector<PixelMap>& maps,
                  const CancelFlag& cancel, const Work& work) {
  const int64_t height = maps.front().height(), count = static_cast<int64_t>(images.size());
  at::parallel_for(0, count * height, kRowsAtLeast, [&](int64_t begin, int64_t end) {
    std::vector<uint8_t> bytes(maps.front().width() * 3);
    for (int64_t line = begin; line < end && !cancel.raised(); ++line) {
      const int64_t i = line / height, row = line % height;
      gather_row(images[i], maps[i].rows[row], maps[i].columns, bytes.data());
      work(i, row, bytes);
    }
  });
  cancel.poll();
}

}  // namespace

at::Tensor prepare_images(const std::vector<ImageView>& images, const Transform& transform,
                          const at::Device& device, const CancelFlag& cancel) {
  require(!images.empty(), "Expected at least one image, got none.");
  std::vector<PixelMap> maps;
  for (const ImageView& image : images) {
    require(image.channels == 3, "Expected RGB images with 3 channels, got ", image.channels, ".");
    maps.push_back(map_pixels(image.height, image.width, transform));
    const PixelMap &first = maps.front(), &last = maps.back();
    require(last.height() == first.height() && last.width() == first.width(),
            "Expected all images in a batch to come out the same size, got ", first.width(), " x ",
            first.height(), " and ", last.width(), " x ", last.height(), ".");
  }
  const auto count = static_cast<int64_t>(images.size());
  const int64_t height = maps.front().height(), width = maps.front().width(), plane = height * width;
  if (by_operators(device)) {
    const at::Tensor pixels = at::empty({count, height, width, 3}, at::kByte);
    auto* bytes = pixels.mutable_data_ptr<uint8_t>();
    for_each_row(images, maps, cancel, [&](int64_t i, int64_t row, const std::vector<uint8_t>& line) {
      std::copy(line.begin(), line.end(), bytes + (i * plane + row * width) * 3);
    });
    return normalize_bytes(upload(pixels, device));
  }
  at::Tensor batch = at::empty({count, 3, height, width}, at::kFloat);
  float* target = batch.mutable_data_ptr<float>();
  for_each_row(images, maps, cancel, [&](int64_t i, int64_t row, const std::vector<uint8_t>& line) {
    normalize(line.data(), width, target + i * 3 * plane + row * width, plane);
  });
  return batch;
}

}  // namespace stego
