// Colour maps: tables of 256 colours from the smallest to the largest value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "image/image.h"

namespace convscope {

using ColourTable = std::array<std::array<uint8_t, 3>, 256>;

enum class ColourMap : uint8_t { kGray, kMagma, kViridis, kSigned };

// 256 × (R, G, B). kSigned goes from blue over white (entries 127 and 128) to orange, for values
// around zero.
const ColourTable& colour_table(ColourMap map);

// "gray", "magma", "viridis", "signed".
std::string_view colour_map_name(ColourMap map);
std::optional<ColourMap> colour_map_by_name(std::string_view name);

// A plane of height × width values as a picture: `minimum` takes the first colour and `maximum` the
// last, values outside are clamped, NaN is drawn as mid-gray. minimum == maximum gives the first
// colour everywhere (kSigned: the middle one).
Image coloured(std::span<const float> values, int width, int height, ColourMap map, float minimum,
               float maximum);

}  // namespace convscope
