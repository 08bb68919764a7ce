#include "image/decode.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "image/stb.h"

namespace convscope {
namespace {

// More than any one array of a picture of this size can need: 16 bits × 4 channels, doubled once
// while unpacking, or the coefficients of a component padded to whole blocks.
size_t allocation_limit(const ImageHeader& header) {
  return static_cast<size_t>((header.width + 64) * (header.height + 64)) * 16 + (1 << 20);
}

// A vector that cannot grow ends the program, so ask first. Volatile, because a compiler leaves out
// an allocation that nobody uses and says that it succeeded.
bool can_allocate(size_t bytes) {
  void* volatile memory = std::malloc(bytes);
  std::free(memory);
  return memory != nullptr;
}

}  // namespace

std::expected<Image, ImageError> decode_image(std::span<const uint8_t> file) {
  const auto header = read_image_header(file);
  if (!header) return std::unexpected(header.error());
  const bool jpeg = header->format == ImageHeader::Format::kJpeg;
  const auto problem = [&](ImageProblem what) {
    return std::unexpected(ImageError{what, jpeg ? "JPEG" : "PNG", header->width, header->height,
                                      static_cast<int64_t>(file.size())});
  };
  StbDecoded decoded = stb_decode(file, header->has_alpha ? 4 : 3, allocation_limit(*header));
  if (decoded.pixels == nullptr) {
    return problem(decoded.out_of_memory ? ImageProblem::kOutOfMemory : ImageProblem::kDamaged);
  }
  if (decoded.width != header->width || decoded.height != header->height)
    return problem(ImageProblem::kDamaged);
  const auto pixels = static_cast<size_t>(decoded.width) * static_cast<size_t>(decoded.height);
  if (!can_allocate(pixels * 3)) return problem(ImageProblem::kOutOfMemory);
  Image image;
  if (header->has_alpha) {
    auto opaque =
        image_from_rgba(decoded.width, decoded.height, {decoded.pixels.get(), pixels * 4});
    if (!opaque) return problem(ImageProblem::kDamaged);
    image = *std::move(opaque);
  } else {
    image = Image(decoded.width, decoded.height);
    std::memcpy(image.rgb.data(), decoded.pixels.get(), pixels * 3);
  }
  decoded.pixels.reset();
  if (header->orientation != 1 && !can_allocate(pixels * 3))
    return problem(ImageProblem::kOutOfMemory);
  return upright(std::move(image), header->orientation);
}

}  // namespace convscope
