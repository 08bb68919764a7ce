#include "image/colour_map.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "image/colour_tables.h"

namespace convscope {
namespace {

constexpr std::array<uint8_t, 3> kNotANumber = {128, 128, 128};
constexpr ColourMap kAll[] = {ColourMap::kGray, ColourMap::kMagma, ColourMap::kViridis,
                              ColourMap::kSigned};

constexpr ColourTable make_gray() {
  ColourTable table{};
  for (size_t i = 0; i < 256; ++i) table[i].fill(static_cast<uint8_t>(i));
  return table;
}
constexpr ColourTable kGrayTable = make_gray();

}  // namespace

const ColourTable& colour_table(ColourMap map) {
  switch (map) {
    case ColourMap::kGray:
      return kGrayTable;
    case ColourMap::kMagma:
      return kMagmaTable;
    case ColourMap::kViridis:
      return kViridisTable;
    case ColourMap::kSigned:
      return kSignedTable;
  }
  return kGrayTable;
}

std::string_view colour_map_name(ColourMap map) {
  switch (map) {
    case ColourMap::kGray:
      return "gray";
    case ColourMap::kMagma:
      return "magma";
    case ColourMap::kViridis:
      return "viridis";
    case ColourMap::kSigned:
      return "signed";
  }
  return "gray";
}

std::optional<ColourMap> colour_map_by_name(std::string_view name) {
  for (ColourMap map : kAll) {
    if (colour_map_name(map) == name) return map;
  }
  return std::nullopt;
}

Image coloured(std::span<const float> values, int width, int height, ColourMap map, float minimum,
               float maximum) {
  CHECK(values.size() == static_cast<size_t>(width) * static_cast<size_t>(height));
  const ColourTable& table = colour_table(map);
  const float range = maximum - minimum;
  const float flat = map == ColourMap::kSigned ? 0.5f : 0.0f;
  Image image(width, height);
  for (size_t i = 0; i < values.size(); ++i) {
    const float position = range > 0 ? std::clamp((values[i] - minimum) / range, 0.0f, 1.0f) : flat;
    const auto& colour = std::isnan(values[i])
                             ? kNotANumber
                             : table[static_cast<size_t>(std::lround(position * 255.0f))];
    std::ranges::copy(colour, image.rgb.begin() + static_cast<std::ptrdiff_t>(i * 3));
  }
  return image;
}

}  // namespace convscope
