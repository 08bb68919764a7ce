// The weight that average pooling gives to each element of a window. Internal to src/ops.
#pragma once

#include "ops/ops.h"

namespace convscope {

// One over the number of elements that the window at (p, q) counts; 0 for a window that counts
// none.
inline double average_weight(const Window& window, int64_t height, int64_t width, int64_t p,
                             int64_t q) {
  const WindowGeometry g = window.geometry(height, width);
  const Pads counted = window.count_include_pad ? g.pads : Pads{};
  int64_t count = 0;
  for (int64_t k = 0; k < g.kernel[0]; ++k) {
    const int64_t y = p * g.strides[0] - g.pads.top + k * g.dilations[0];
    if (y < -counted.top || y >= height + counted.bottom) continue;
    for (int64_t l = 0; l < g.kernel[1]; ++l) {
      const int64_t x = q * g.strides[1] - g.pads.left + l * g.dilations[1];
      if (x >= -counted.left && x < width + counted.right) ++count;
    }
  }
  return count > 0 ? 1.0 / static_cast<double>(count) : 0.0;
}

}  // namespace convscope
