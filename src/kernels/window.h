// The sliding window of a convolution or pooling, with its pads already resolved to numbers.
#pragma once

#include <array>
#include <cstdint>

namespace convscope {

struct Pads {
  int64_t top = 0, left = 0, bottom = 0, right = 0;

  bool any() const { return (top | left | bottom | right) != 0; }
  friend bool operator==(const Pads&, const Pads&) = default;
};

struct WindowGeometry {
  std::array<int64_t, 2> kernel{1, 1}, strides{1, 1}, dilations{1, 1};
  Pads pads;

  int64_t taps() const { return kernel[0] * kernel[1]; }
  // Distance from the first to one past the last element that a window covers along an axis.
  int64_t extent(size_t axis) const { return (kernel[axis] - 1) * dilations[axis] + 1; }
  bool unit_stride() const { return strides[0] == 1 && strides[1] == 1; }
  bool undilated() const { return dilations[0] == 1 && dilations[1] == 1; }
};

}  // namespace convscope
