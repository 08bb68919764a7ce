// Factories of every kernel. Shapes are those of the views given to configure(); activations are
// NHWC.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "kernels/kernel.h"
#include "kernels/window.h"
#include "tensor/tensor.h"

namespace convscope {

using KernelPtr = std::unique_ptr<Kernel>;

// A clamp of the output; infinite where there is none.
struct OutputClamp {
  float minimum, maximum;
};

// (x, …) -> y. Weight is (O, KH, KW, I/group), bias (O) or empty. Accepts row strides.
Result<KernelPtr> make_convolution_kernel(const WindowGeometry& window, int64_t group,
                                          Tensor weight, Tensor bias, OutputClamp clamp);
// (dy, …) -> dx: the transpose of the convolution above. Accepts row strides.
Result<KernelPtr> make_convolution_input_grad_kernel(const WindowGeometry& window, int64_t group,
                                                     Tensor weight);
// The same for depthwise weights (C, KH, KW, 1) of any stride: our own gather.
KernelPtr make_depthwise_input_grad_kernel(const WindowGeometry& window, const Tensor& weight);
// (x, …) -> y: rows of x (K) to rows of y (M). Weight is (M, K) if `weight_is_output_input`, else
// (K, M).
Result<KernelPtr> make_fully_connected_kernel(bool weight_is_output_input, Tensor weight,
                                              Tensor bias, OutputClamp clamp);

// Pooling: the output size is read off the views, so that ceil mode needs no flag. All accept row
// strides.
KernelPtr make_max_pool_kernel(const WindowGeometry& window);       // (x) -> y
KernelPtr make_max_pool_grad_kernel(const WindowGeometry& window);  // (x, dy) -> dx
KernelPtr make_average_pool_kernel(const WindowGeometry& window,
                                   bool count_include_pad);  // (x) -> y
KernelPtr make_average_pool_grad_kernel(const WindowGeometry& window,
                                        bool count_include_pad);  // (dy) -> dx
KernelPtr make_global_average_pool_kernel();                      // (x) -> y

// Element by element; all accept row strides.
KernelPtr make_clamp_kernel(float minimum, float maximum);  // (x) -> y
KernelPtr make_clamp_grad_kernel(float minimum,
                                 float maximum);  // (y, dy) -> dx: dy where y is inside
KernelPtr make_scale_kernel(float factor);        // (x) -> y
// NumPy broadcasting; all accept row strides.
KernelPtr make_add_kernel(OutputClamp clamp);  // (a, b) -> y
KernelPtr make_multiply_kernel();              // (a, b) -> y
KernelPtr make_expand_kernel();                // (x) -> y, x repeated along its axes of extent 1
KernelPtr make_sum_to_kernel();                // (x) -> y, the transpose of expand

// Moving rows; all accept row strides.
KernelPtr make_reshape_kernel();                       // (x) -> y with as many elements
KernelPtr make_concat_kernel(int axis);                // (x0, x1, …) -> y
KernelPtr make_slice_kernel(int axis, int64_t begin);  // (x) -> y
KernelPtr make_pad_kernel(int axis, int64_t before);   // (x) -> y, zeros around x along the axis

// (x) -> y: axis i of y is axis permutation[i] of x.
Result<KernelPtr> make_transpose_kernel(std::span<const int> permutation);

Result<KernelPtr> make_softmax_kernel(int axis, int rank);  // (x) -> y

}  // namespace convscope
