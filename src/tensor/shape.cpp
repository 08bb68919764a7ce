#include "tensor/shape.h"

#include <algorithm>

namespace convscope {

int64_t Shape::elements() const {
  int64_t count = 1;
  for (int64_t extent : dims()) count *= extent;
  return count;
}

std::string Shape::text() const {
  if (rank_ == 0) return "scalar";
  std::string out;
  for (int i = 0; i < rank_; ++i) {
    if (i > 0) out += "×";
    out += std::to_string((*this)[i]);
  }
  return out;
}

bool broadcast_shapes(const Shape& a, const Shape& b, Shape* out) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<int64_t, kMaxRank> dims{};
  for (int i = 1; i <= rank; ++i) {
    const int64_t x = i <= a.rank() ? a[-i] : 1;
    const int64_t y = i <= b.rank() ? b[-i] : 1;
    if (x != y && x != 1 && y != 1) return false;
    dims[static_cast<size_t>(rank - i)] = x == 1 ? y : x;
  }
  *out = Shape(std::span<const int64_t>(dims.data(), static_cast<size_t>(rank)));
  return true;
}

}  // namespace convscope
