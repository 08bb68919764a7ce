// Depthwise convolution and its input gradient in our own loops. Internal to src/kernels.
#pragma once

#include "kernels/kernels.h"

namespace convscope {

// Whether they are faster than XNNPACK's, which compute one pixel at a time and fetch all weights
// for each (tests/bench/ops_bench.cpp). `weight` is (C, KH, KW, 1).
bool own_depthwise_pays(const WindowGeometry& window, const Shape& weight);

// As make_convolution_kernel with as many groups as channels, for windows where that pays.
KernelPtr make_own_depthwise_kernel(const WindowGeometry& window, const Tensor& weight, Tensor bias,
                                    OutputClamp clamp);

// As make_depthwise_input_grad_kernel, which gathers pixel by pixel, for square windows of 3 or 5
// at stride 2, where it is faster.
bool strided_depthwise_input_grad_exists(const WindowGeometry& window, const Shape& weight);
KernelPtr make_strided_depthwise_input_grad_kernel(const WindowGeometry& window,
                                                   const Tensor& weight, const Tensor& bias);

}  // namespace convscope
