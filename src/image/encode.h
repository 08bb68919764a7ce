// Writing files: PNG pictures and NumPy arrays.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "image/image.h"
#include "tensor/shape.h"

namespace convscope {

// A PNG file of an RGB image, or of `width` × `height` RGBA pixels.
Result<std::vector<uint8_t>> encode_png(const Image& image);
Result<std::vector<uint8_t>> encode_png_rgba(int width, int height, std::span<const uint8_t> rgba);

// An .npy file (format 1.0, little-endian float32, C order) of an array of that shape.
std::vector<uint8_t> encode_npy(const Shape& shape, std::span<const float> values);

}  // namespace convscope
