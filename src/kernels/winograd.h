// Winograd's F(4×4, 3×3) for convolutions with a 3×3 window of stride 1: a 6×6 tile of the input
// gives a 4×4 tile of the output by 36 multiplications per pair of channels, where the direct form
// takes 144.
//
//   Y = A^T [ (G g G^T) * (B^T d B) ] A  where * between the transforms is elementwise
//
// Summed over input channels, the * between is one matrix product at each of 36 positions. The
// interpolation points are 0, ±1/√2, ±√2, ∞: the float32 error is about a quarter of that with
// Lavin & Gray's 0, ±1, ±2, ∞.
//
// Lavin & Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308; Barabasz et
// al., "Error analysis and improving the accuracy of Winograd convolution", arXiv:1803.10986.
#pragma once

#include "kernels/kernels.h"

namespace convscope {

inline constexpr int64_t kWinogradTile = 4;        // edge of an output tile
inline constexpr int64_t kWinogradPositions = 36;  // of an input tile

// (O, 3, 3, I) -> (36, O, I): G g G^T, computed in double.
Result<Tensor> winograd_weight(const Tensor& weight);

// One tile's pixels, `pixels[6·row + column]`, of `channels` floats each, to 36 rows of `channels`
// floats at `points`.
void winograd_input_tile(const float* const* pixels, int64_t channels, float* points);

// 36 rows of `channels` floats at `points` to the upper left rows × columns pixels of a tile, plus
// the bias (null: none), clamped. Pixels stand `pixel_stride` floats apart, their rows
// `line_stride`.
struct WinogradOutput {
  float* data;
  int64_t pixel_stride, line_stride, rows, columns;
};
void winograd_output_tile(const float* points, int64_t channels, const float* bias,
                          OutputClamp clamp, const WinogradOutput& to);

}  // namespace convscope
