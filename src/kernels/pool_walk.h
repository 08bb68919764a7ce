// Which elements the windows of a pooling see. Internal to src/kernels.
#pragma once

#include "kernels/rows.h"
#include "kernels/window.h"

namespace convscope {

struct TapRange {
  int64_t begin, end;  // of the window's taps along one axis
};

// Taps of the window at `output` along an axis whose element lies in [low, high).
inline TapRange taps_within(const WindowGeometry& window, size_t axis, int64_t output, int64_t pad,
                            int64_t low, int64_t high) {
  const int64_t start = output * window.strides[axis] - pad, step = window.dilations[axis];
  const int64_t begin = start >= low ? 0 : (low - start + step - 1) / step;
  const int64_t end = start >= high ? 0 : (high - start + step - 1) / step;
  return {std::min(begin, window.kernel[axis]),
          std::max(std::min(end, window.kernel[axis]), int64_t{0})};
}

// Outputs along an axis whose windows can reach an element of [low, high).
inline TapRange outputs_reaching(const WindowGeometry& window, size_t axis, int64_t pad,
                                 int64_t low, int64_t high, int64_t outputs) {
  const int64_t stride = window.strides[axis];
  const int64_t first =
      low + pad - window.extent(axis) + 1;  // the smallest window start that reaches `low`
  const int64_t begin = first <= 0 ? 0 : (first + stride - 1) / stride;
  const int64_t end = (high - 1 + pad) / stride + 1;
  return {std::min(begin, outputs), std::min(end, outputs)};
}

// Splits the rows of N images of `height` into bands, one per call of body(n, begin, end): bands of
// one image never overlap, so a kernel that writes only into its band needs no locks.
template <typename Body>
void for_each_band(int64_t images, int64_t height, int64_t row_elements, ThreadPool& pool,
                   const Body& body) {
  const int64_t wanted =
      std::max<int64_t>(1, 4 * kTileElements / std::max<int64_t>(row_elements, 1));
  const int64_t even = (height + 2 * pool.threads() - 1) / (2 * pool.threads());
  const int64_t band = pool.threads() == 1
                           ? height
                           : std::min(std::max(wanted, int64_t{4}), std::max<int64_t>(even, 1));
  const int64_t bands = (height + band - 1) / band;
  pool.for_each_tile(static_cast<size_t>(images * bands), 1, [&](size_t begin, size_t end) {
    for (auto i = static_cast<int64_t>(begin); i < static_cast<int64_t>(end); ++i) {
      const int64_t first = i % bands * band;
      body(i / bands, first, std::min(first + band, height));
    }
  });
}

}  // namespace convscope
