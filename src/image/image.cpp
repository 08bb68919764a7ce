#include "image/image.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/check.h"

namespace convscope {
namespace {

// Over white, rounded.
uint8_t over_white(uint32_t colour, uint32_t alpha) {
  return static_cast<uint8_t>((colour * alpha + 255 * (255 - alpha) + 127) / 255);
}

}  // namespace

Result<Image> image_from_rgba(int width, int height, std::span<const uint8_t> rgba) {
  if (width <= 0 || height <= 0 || width > kMaxImageSide || height > kMaxImageSide ||
      int64_t{width} * height > kMaxImagePixels) {
    return fail(ErrorCode::kTooLarge, "a picture of " + std::to_string(width) + " × " +
                                          std::to_string(height) +
                                          " pixels is outside the limits; choose another size");
  }
  const auto pixels = static_cast<size_t>(width) * static_cast<size_t>(height);
  if (rgba.size() != pixels * 4) {
    return fail(ErrorCode::kInvalidArgument, "the pixels of a picture have " +
                                                 std::to_string(rgba.size()) + " bytes, want " +
                                                 std::to_string(pixels * 4));
  }
  Image image(width, height);
  for (size_t i = 0; i < pixels; ++i) {
    const uint8_t* from = rgba.data() + i * 4;
    uint8_t* to = image.rgb.data() + i * 3;
    for (int c = 0; c < 3; ++c) to[c] = over_white(from[c], from[3]);
  }
  return image;
}

std::vector<uint8_t> rgba_from_image(const Image& image) {
  std::vector<uint8_t> out(image.rgb.size() / 3 * 4);
  for (size_t i = 0, n = image.rgb.size() / 3; i < n; ++i) {
    std::memcpy(out.data() + i * 4, image.rgb.data() + i * 3, 3);
    out[i * 4 + 3] = 255;
  }
  return out;
}

Image gray_from(const Image& image) {
  // Pillow's 16-bit weights of 0.299, 0.587 and 0.114.
  constexpr uint32_t kRed = 19595, kGreen = 38470, kBlue = 7471, kHalf = 0x8000;
  Image out = image;
  for (size_t i = 0; i + 2 < out.rgb.size(); i += 3) {
    const uint32_t luma =
        (out.rgb[i] * kRed + out.rgb[i + 1] * kGreen + out.rgb[i + 2] * kBlue + kHalf) >> 16;
    out.rgb[i] = out.rgb[i + 1] = out.rgb[i + 2] = static_cast<uint8_t>(luma);
  }
  return out;
}

Image crop(const Image& image, int left, int top, int width, int height) {
  CHECK(left >= 0 && top >= 0 && width > 0 && height > 0);
  CHECK(width <= image.width - left && height <= image.height - top);
  Image out(width, height);
  for (int y = 0; y < height; ++y) {
    std::memcpy(out.pixel(0, y), image.pixel(left, top + y), static_cast<size_t>(width) * 3);
  }
  return out;
}

Image upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool transposed = orientation >= 5;
  Image out(transposed ? image.height : image.width, transposed ? image.width : image.height);
  // Orientation says on which edges of the upright picture the stored first row and first column
  // lie.
  const bool flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int from_x = transposed ? y : x, from_y = transposed ? x : y;
      if (flip_x) from_x = image.width - 1 - from_x;
      if (flip_y) from_y = image.height - 1 - from_y;
      std::memcpy(out.pixel(x, y), image.pixel(from_x, from_y), 3);
    }
  }
  return out;
}

}  // namespace convscope
