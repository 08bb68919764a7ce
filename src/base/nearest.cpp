#include "base/nearest.h"

#include <algorithm>
#include <numeric>

namespace convscope {
namespace {

// Names of this program are shorter; a longer word is somebody's file or paste, and near to none.
constexpr size_t kLongestName = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t k = 1; k <= b.size(); ++k) {
      const bool same = lower(a[i - 1]) == lower(b[k - 1]);
      row[k] = std::min({above[k] + 1, row[k - 1] + 1, above[k - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && k > 1 && lower(a[i - 1]) == lower(b[k - 2]) &&
                           lower(a[i - 2]) == lower(b[k - 1]);
      if (swapped) row[k] = std::min(row[k], before[k - 2] + 1);
    }
    before = std::move(above);
    above = row;
  }
  return above[b.size()];
}

std::vector<std::string> nearest_names(std::string_view wanted, std::span<const std::string> names,
                                       size_t count) {
  if (wanted.empty() || wanted.size() > kLongestName) return {};
  struct Candidate {
    size_t distance;
    const std::string* name;
  };
  std::vector<Candidate> candidates;
  for (const std::string& name : names) {
    const size_t distance = edit_distance(wanted, name);
    if (2 * distance <= std::max(wanted.size(), name.size()))
      candidates.push_back({distance, &name});
  }
  std::ranges::stable_sort(candidates, {}, &Candidate::distance);
  std::vector<std::string> nearest;
  for (const Candidate& candidate : candidates) {
    if (nearest.size() == count || candidate.distance > candidates[0].distance + 1) break;
    nearest.push_back(*candidate.name);
  }
  return nearest;
}

std::string nearest_hint(std::string_view wanted, std::span<const std::string> names) {
  const std::vector<std::string> nearest = nearest_names(wanted, names);
  if (nearest.empty()) return {};
  std::string hint = nearest.size() == 1 ? "; the nearest name is " : "; the nearest names are ";
  for (size_t i = 0; i < nearest.size(); ++i) {
    if (i > 0) hint += i + 1 < nearest.size() ? ", " : " and ";
    hint += nearest[i];
  }
  return hint;
}

}  // namespace convscope
