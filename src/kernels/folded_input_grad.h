// The input gradient of a convolution of few channels, such as a picture's three, or of one with
// a stride. Internal to src/kernels.
#pragma once

#include "kernels/kernels.h"

namespace convscope {

// Whether it is faster than the transposed convolution, whose inner loops are wider than so few
// outputs, and which with a stride reads all weights again for every line of every phase (2 to 4
// times slower: tests/bench/ops_bench.cpp). `weight` is (O, KH, KW, C).
bool folding_pays(const WindowGeometry& window, int64_t group, const Shape& weight);

// (dy) -> dx, plus a bias (C) or an empty one: a matrix product gives what every pixel of dy adds
// to its window (im2col's columns), and the windows are added up (col2im). Accepts row strides.
Result<KernelPtr> make_folded_input_grad_kernel(const WindowGeometry& window, const Tensor& weight,
                                                Tensor bias);

}  // namespace convscope
