// The one thing that ConvScope wants to know from EXIF: which way up the picture is.
#pragma once

#include <cstdint>
#include <span>

namespace convscope {

// EXIF's orientation, 1…8, from a TIFF structure (what follows "Exif\0\0" in a JPEG, or a PNG's
// eXIf chunk); 1 where it says nothing or is damaged. Any bytes are allowed. (CIPA DC-008, tag
// 0x0112 of the first directory.)
int exif_orientation(std::span<const uint8_t> tiff);

}  // namespace convscope
