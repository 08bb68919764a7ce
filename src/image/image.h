// Image: a picture of 8-bit red, green and blue, and plain edits of it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace convscope {

// Rows from the top, three bytes a pixel: R, G, B.
struct Image {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;

  Image() = default;
  Image(int w, int h)
      : width(w), height(h), rgb(static_cast<size_t>(w) * static_cast<size_t>(h) * 3) {}

  bool empty() const { return rgb.empty(); }
  uint8_t* pixel(int x, int y) { return rgb.data() + offset(x, y); }
  const uint8_t* pixel(int x, int y) const { return rgb.data() + offset(x, y); }
  friend bool operator==(const Image&, const Image&) = default;

 private:
  size_t offset(int x, int y) const {
    return (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) * 3;
  }
};

// Largest accepted side and area, of any picture from outside.
inline constexpr int kMaxImageSide = 16'384;
inline constexpr int64_t kMaxImagePixels = 50'000'000;

// From four bytes a pixel (R, G, B, A; not premultiplied), laid over white. Fails where the count
// does not fit the size or the size exceeds the limits.
Result<Image> image_from_rgba(int width, int height, std::span<const uint8_t> rgba);
std::vector<uint8_t> rgba_from_image(const Image& image);

// ITU-R BT.601's luma of every pixel, rounded as Pillow's mode "L", in all three channels.
Image gray_from(const Image& image);

// The rectangle must lie inside the image.
Image crop(const Image& image, int left, int top, int width, int height);
// Turned upright: `orientation` is EXIF's 1…8, which says where the stored picture's first row and
// column belong; any other value is taken as 1.
Image upright(Image image, int orientation);

}  // namespace convscope
