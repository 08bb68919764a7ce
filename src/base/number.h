// Numbers that people and links write.
#pragma once

#include <optional>
#include <string_view>

namespace convscope {

// The finite decimal number that is the whole text, as strtod and strtof read it; nothing for any
// other text.
std::optional<double> double_of(std::string_view text);
// Nearest to the text itself: rounding a double once more may give its neighbour.
std::optional<float> float_of(std::string_view text);

}  // namespace convscope
