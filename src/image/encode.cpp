#include "image/encode.h"

#include <bit>
#include <cstring>
#include <string>

#include "image/stb.h"

namespace convscope {
namespace {

Result<std::vector<uint8_t>> encode_pixels(int width, int height, int channels,
                                           const uint8_t* pixels) {
  std::vector<uint8_t> file;
  const auto append = [](void* context, void* data, int bytes) {
    auto& out = *static_cast<std::vector<uint8_t>*>(context);
    const auto* first = static_cast<const uint8_t*>(data);
    out.insert(out.end(), first, first + bytes);
  };
  if (!stb_encode_png(width, height, channels, pixels, append, &file)) {
    return fail(ErrorCode::kOutOfMemory,
                "there is not enough memory to write a PNG of " + std::to_string(width) + " × " +
                    std::to_string(height) + " pixels; make the picture smaller");
  }
  return file;
}

}  // namespace

Result<std::vector<uint8_t>> encode_png(const Image& image) {
  if (image.empty())
    return fail(ErrorCode::kInvalidArgument,
                "an empty picture cannot be written as PNG; choose a picture first");
  return encode_pixels(image.width, image.height, 3, image.rgb.data());
}

Result<std::vector<uint8_t>> encode_png_rgba(int width, int height, std::span<const uint8_t> rgba) {
  if (width <= 0 || height <= 0 || width > kMaxImageSide || height > kMaxImageSide ||
      rgba.size() != static_cast<size_t>(width) * static_cast<size_t>(height) * 4) {
    return fail(ErrorCode::kInvalidArgument, "a picture of " + std::to_string(width) + " × " +
                                                 std::to_string(height) + " pixels came with " +
                                                 std::to_string(rgba.size()) +
                                                 " bytes, want four a pixel");
  }
  return encode_pixels(width, height, 4, rgba.data());
}

std::vector<uint8_t> encode_npy(const Shape& shape, std::span<const float> values) {
  static_assert(std::endian::native == std::endian::little);
  CHECK(static_cast<int64_t>(values.size()) == shape.elements());
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (int64_t extent : shape.dims()) header += std::to_string(extent) + ", ";
  header += "), }";
  if (shape.rank() > 0) header.erase(header.size() - 5, 1);  // the space before the parenthesis
  constexpr size_t kPreludeBytes = 10, kAlign = 64;          // magic, version, header length
  const size_t unpadded = kPreludeBytes + header.size() + 1;
  header.append((kAlign - unpadded % kAlign) % kAlign, ' ');
  header += '\n';

  std::vector<uint8_t> file = {0x93,
                               'N',
                               'U',
                               'M',
                               'P',
                               'Y',
                               1,
                               0,
                               static_cast<uint8_t>(header.size() & 0xff),
                               static_cast<uint8_t>(header.size() >> 8)};
  file.insert(file.end(), header.begin(), header.end());
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  file.insert(file.end(), bytes, bytes + values.size_bytes());
  return file;
}

}  // namespace convscope
