// Loops that all of our own kernels share. Internal to src/kernels.
#pragma once

#include <algorithm>
#include <array>

#include "kernels/kernel.h"

namespace convscope {

// Elements that one thread takes at a time: about the size of a first-level cache.
inline constexpr int64_t kTileElements = 8192;
// Channels that a loop keeps in registers.
inline constexpr int64_t kBlock = 16;

inline size_t rows_per_tile(int64_t channels) {
  return static_cast<size_t>(std::max<int64_t>(1, kTileElements / std::max<int64_t>(channels, 1)));
}

// Calls body(n, y) for each line of each picture of a shape N×H×W×C; a thread takes whole lines.
template <typename Body>
void for_each_line(const Shape& shape, ThreadPool& pool, const Body& body) {
  pool.for_each_tile(static_cast<size_t>(shape[0] * shape[1]), 1, [&](size_t begin, size_t end) {
    for (auto line = static_cast<int64_t>(begin); line < static_cast<int64_t>(end); ++line)
      body(line / shape[1], line % shape[1]);
  });
}

// Calls body(pointers, count) for runs of elements that are contiguous in every one of N views of
// one shape.
template <size_t N, typename Body>
void for_each_run(const std::array<TensorView, N>& views, ThreadPool& pool, const Body& body) {
  const Shape& shape = views[0].shape;
  const bool dense = std::ranges::all_of(views, &TensorView::dense);
  const int64_t rows = dense ? 1 : shape.rows();
  const int64_t columns = dense ? shape.elements() : shape.channels();
  if (dense) {
    pool.for_each_tile(static_cast<size_t>(columns), kTileElements, [&](size_t begin, size_t end) {
      std::array<float*, N> pointers;
      for (size_t i = 0; i < N; ++i) pointers[i] = views[i].data + begin;
      body(pointers, static_cast<int64_t>(end - begin));
    });
    return;
  }
  pool.for_each_tile(
      static_cast<size_t>(rows), rows_per_tile(columns), [&](size_t begin, size_t end) {
        for (auto row = static_cast<int64_t>(begin); row < static_cast<int64_t>(end); ++row) {
          std::array<float*, N> pointers;
          for (size_t i = 0; i < N; ++i) pointers[i] = views[i].data + row * views[i].row_stride;
          body(pointers, columns);
        }
      });
}

}  // namespace convscope
