// The known names that look most like one that does not exist.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convscope {

// Fewest insertions, deletions, substitutions and swaps of neighbours that turn one name into the
// other, capitals aside (restricted Damerau-Levenshtein distance, on bytes).
size_t edit_distance(std::string_view a, std::string_view b);

// At most `count` of the names, nearest first, equally near ones in their own order. Names that
// share less than half of their letters with the wanted one, or are two edits farther than the
// nearest, are left out.
std::vector<std::string> nearest_names(std::string_view wanted, std::span<const std::string> names,
                                       size_t count = 3);

// The part of a sentence that names them: "; the nearest names are fire8, fire9 and fire5", or ""
// where no name is near.
std::string nearest_hint(std::string_view wanted, std::span<const std::string> names);

}  // namespace convscope
