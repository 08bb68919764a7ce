// What a file is, by its first bytes and whatever its name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "image/decode.h"

namespace convscope {

// The format where it is one that ConvScope decodes; otherwise what it is instead. Any bytes are
// allowed.
std::expected<ImageHeader::Format, ImageError> sniff_image(std::span<const uint8_t> file);

}  // namespace convscope
