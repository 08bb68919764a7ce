// Resizing exactly as Pillow does it (to the bit), since that is what the networks were trained and
// measured with.
#pragma once

#include "image/image.h"

namespace convscope {

enum class ResizeFilter : uint8_t { kBox, kBilinear, kBicubic };

// Convolution resampling with antialiasing: the filter widens with the scale when shrinking.
// Horizontal pass first, 8-bit between the passes, coefficients of 22 fractional bits (Pillow's
// Resample.c). Width and height must be positive.
Image resize(const Image& image, int width, int height, ResizeFilter filter);

// A rectangle of what resize() would give, without making the rest: the same bytes. It must lie
// inside.
struct Rectangle {
  int left = 0, top = 0, width = 0, height = 0;
};
Image resize_part(const Image& image, int width, int height, ResizeFilter filter,
                  const Rectangle& part);

// For thumbnails: shrunk by averaging until no side is longer than `longest`; a smaller image stays
// as it is.
Image shrink_to_fit(const Image& image, int longest);

}  // namespace convscope
