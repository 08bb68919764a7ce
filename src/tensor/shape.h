// Shape: the extents of a tensor, a small value type.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "base/check.h"

namespace convscope {

inline constexpr int kMaxRank = 6;

// Up to six extents, outermost first. Images and activations are (N, H, W, C); rank 0 is a scalar.
class Shape {
 public:
  constexpr Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const int64_t> dims) : rank_(static_cast<int>(dims.size())) {
    CHECK(rank_ <= kMaxRank);
    for (int i = 0; i < rank_; ++i) dims_[static_cast<size_t>(i)] = dims[static_cast<size_t>(i)];
  }

  int rank() const { return rank_; }
  int64_t operator[](int axis) const {
    CHECK(axis >= -rank_ && axis < rank_);
    return dims_[static_cast<size_t>(axis < 0 ? axis + rank_ : axis)];
  }
  void set(int axis, int64_t extent) {
    CHECK(axis >= 0 && axis < rank_);
    dims_[static_cast<size_t>(axis)] = extent;
  }
  std::span<const int64_t> dims() const { return {dims_.data(), static_cast<size_t>(rank_)}; }

  // Number of elements; 1 for a scalar.
  int64_t elements() const;
  // Extent of the last axis (channels of an NHWC tensor); 1 for a scalar.
  int64_t channels() const { return rank_ == 0 ? 1 : (*this)[-1]; }
  // Elements divided by channels: the number of pixels (over the whole batch).
  int64_t rows() const { return channels() == 0 ? 0 : elements() / channels(); }
  // "1×227×227×3".
  std::string text() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }

 private:
  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

// Element count of `a` broadcast with `b` by NumPy's rules; false where they do not fit.
bool broadcast_shapes(const Shape& a, const Shape& b, Shape* out);

}  // namespace convscope
