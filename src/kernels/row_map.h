// How rows correspond under NumPy's broadcasting. Internal to src/kernels.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "tensor/shape.h"

namespace convscope {

// Which row of a smaller tensor belongs to a row of the larger one that it is broadcast to.
class RowMap {
 public:
  RowMap() = default;
  RowMap(const Shape& small, const Shape& large) : axes_(std::max(0, large.rank() - 1)) {
    int64_t step = 1;
    for (int axis = axes_ - 1; axis >= 0; --axis) {
      const int small_axis = axis - (large.rank() - small.rank());
      const int64_t extent = small_axis >= 0 ? small[small_axis] : 1;
      extents_[static_cast<size_t>(axis)] = large[axis];
      steps_[static_cast<size_t>(axis)] = extent == 1 ? 0 : step;
      identity_ = identity_ && extent == large[axis];
      step *= extent;
    }
  }

  int64_t operator()(int64_t row) const {
    if (identity_) return row;
    int64_t out = 0;
    for (int axis = axes_ - 1; axis >= 0; --axis) {
      const int64_t extent = extents_[static_cast<size_t>(axis)];
      out += row % extent * steps_[static_cast<size_t>(axis)];
      row /= extent;
    }
    return out;
  }

 private:
  int axes_ = 0;
  bool identity_ = true;
  std::array<int64_t, kMaxRank> extents_{}, steps_{};
};

// The rows of a large tensor, grouped by the row of a smaller one that is broadcast to them.
class RowGroups {
 public:
  void plan(const Shape& small, const Shape& large);
  int64_t count() const { return static_cast<int64_t>(begins_.size()) - 1; }
  // In ascending order.
  std::span<const int32_t> rows(int64_t group) const {
    const auto begin = static_cast<size_t>(begins_[static_cast<size_t>(group)]),
               end = static_cast<size_t>(begins_[static_cast<size_t>(group) + 1]);
    return std::span(order_).subspan(begin, end - begin);
  }

 private:
  std::vector<int32_t> begins_{0}, order_;
};

}  // namespace convscope
