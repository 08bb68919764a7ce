// Strongly typed indices, so that a node can never be passed where a value is meant.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace convscope {

template <typename Tag>
struct Id {
  int32_t index = -1;

  constexpr Id() = default;
  constexpr explicit Id(int32_t i) : index(i) {}
  constexpr bool valid() const { return index >= 0; }
  friend constexpr auto operator<=>(Id, Id) = default;
};

}  // namespace convscope

template <typename Tag>
struct std::hash<convscope::Id<Tag>> {
  size_t operator()(convscope::Id<Tag> id) const noexcept { return std::hash<int32_t>()(id.index); }
};
