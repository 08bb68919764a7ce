// Factories of every kernel. Shapes are those of the views given to configure(); activations are
// NHWC.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "kernels/axis_map.h"
#include "kernels/kernel.h"
#include "kernels/window.h"
#include "tensor/tensor.h"

namespace convscope {

using KernelPtr = std::unique_ptr<Kernel>;

// A clamp of the output; infinite where there is none.
struct OutputClamp {
  float minimum, maximum;
};

// Weights in another order, made when they are packed so that no second copy is held.
using ArrangeWeight = std::function<Result<Tensor>(const Tensor& weight)>;

// (x, …) -> y. Weight, after `arrange` where there is one, is (O, KH, KW, I/group), bias (O) or
// empty. Accepts row strides.
Result<KernelPtr> make_convolution_kernel(const WindowGeometry& window, int64_t group,
                                          Tensor weight, Tensor bias, OutputClamp clamp,
                                          ArrangeWeight arrange = nullptr);
// (dy, …) -> dx: the transpose of the convolution above, plus a bias (I) or an empty one. Accepts
// row strides.
Result<KernelPtr> make_convolution_input_grad_kernel(const WindowGeometry& window, int64_t group,
                                                     Tensor weight, Tensor bias);
// The same for depthwise weights (C, KH, KW, 1) of any stride: our own gather.
KernelPtr make_depthwise_input_grad_kernel(const WindowGeometry& window, const Tensor& weight,
                                           Tensor bias);
// Whether Winograd's F(4×4, 3×3) is faster than the direct form for a convolution of a picture of
// height × width pixels, forwards and backwards.
bool winograd_pays(const WindowGeometry& window, int64_t group, const Shape& weight, int64_t height,
                   int64_t width);
// (x, …) -> y and (dy, …) -> dx for weight (O, 3, 3, I), stride 1 and pads of 0 to 2. Weights are
// packed on first use, four times as large as they were. Accepts row strides.
KernelPtr make_winograd_convolution_kernel(const Pads& pads, Tensor weight, Tensor bias,
                                           OutputClamp clamp);
KernelPtr make_winograd_input_grad_kernel(const Pads& pads, Tensor weight);
// (x, dy) -> dw, of shape (O, KH, KW, I/group). Accepts row strides.
KernelPtr make_convolution_weight_grad_kernel(const WindowGeometry& window, int64_t group);
// (x, …) -> y: rows of x (K) to rows of y (M). Weight is (M, K) if `weight_is_output_input`, else
// (K, M).
Result<KernelPtr> make_fully_connected_kernel(bool weight_is_output_input, Tensor weight,
                                              Tensor bias, OutputClamp clamp);
// The same without packing the weight, as fast for a few rows of x. The one above is this from
// kLargeMatrix weights on: those of the linear layers of AlexNet and the VGG networks, of which a
// packed copy for each direction would fill the memory of a page; others are smaller.
inline constexpr int64_t kLargeMatrix = 4'000'000;
KernelPtr make_stored_fully_connected_kernel(bool weight_is_output_input, Tensor weight,
                                             Tensor bias, OutputClamp clamp);
// Whether a convolution of height × width pixels is such a product: its window is the whole
// picture.
bool large_product(const WindowGeometry& window, int64_t group, const Shape& weight, int64_t height,
                   int64_t width);

// (a, b) -> y: batches of M×K times K×N (N×K if transpose_b); leading axes broadcast.
Result<KernelPtr> make_matmul_kernel(bool transpose_b);

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
// (x) -> y = f(x); what `a` and `b` mean stands beside each function.
enum class UnaryFunction : uint8_t {
  kAbs,
  kAffine,  // a·x + b
  kCeil,
  kCelu,  // a = alpha
  kCos,
  kElu,  // a = alpha
  kErf,
  kExp,
  kFloor,
  kGelu,
  kGeluTanh,     // tanh(a·(x + b·x³))
  kHardSigmoid,  // a·x + b between 0 and 1
  kHardSwish,
  kLeakyRelu,  // a = alpha
  kLog,
  kMish,
  kPower,  // x to the power of a
  kReciprocal,
  kSelu,  // a = alpha, b = gamma
  kSigmoid,
  kSign,
  kSin,
  kSoftplus,
  kSoftsign,
  kSqrt,
  kStep,  // 1 where x > a, else 0
  kTanh,
  kThresholdedRelu,  // a = alpha
};
Result<KernelPtr> make_unary_kernel(UnaryFunction function, float a = 0, float b = 0);
// NumPy broadcasting; all accept row strides.
KernelPtr make_add_kernel(OutputClamp clamp);  // (a, b) -> y
enum class BinaryFunction : uint8_t {
  kDivide,
  kMaximum,
  kMinimum,
  kMultiply,
  kPower,
  kPRelu,  // a where a > 0, else b·a
  kSubtract,
};
KernelPtr make_binary_kernel(BinaryFunction function);  // (a, b) -> y
KernelPtr make_expand_kernel();  // (x) -> y, x repeated along its axes of extent 1
KernelPtr make_sum_to_kernel();  // (x) -> y, the transpose of expand

// (x) -> y over axes, counted from the front or, negative, from the back; none: all. Accepts row
// strides where reduced axes keep an extent of 1.
enum class ReduceFunction : uint8_t { kSum, kMean, kMaximum, kProduct };
KernelPtr make_reduce_kernel(ReduceFunction function, std::vector<int> axes, bool keepdims);
// (x, dy) -> dx: each dy, whose shape broadcasts to x's, goes to the first maximum of its group.
KernelPtr make_reduce_max_grad_kernel();

// Moving rows; all accept row strides.
KernelPtr make_reshape_kernel();                       // (x) -> y with as many elements
KernelPtr make_concat_kernel(int axis);                // (x0, x1, …) -> y
KernelPtr make_slice_kernel(int axis, int64_t begin);  // (x) -> y
// (x) -> y, `value` around x along the axis
KernelPtr make_pad_kernel(int axis, int64_t before, float value);
// (x) -> y: a linear map along one axis, counted from the front.
KernelPtr make_axis_map_kernel(int axis, AxisMap map);
// (x) -> y: blocks of block×block pixels to channels (to_depth) or back. In the channels the pixel
// of the block comes first, then the channel; the other way round where column_row_depth.
KernelPtr make_block_move_kernel(int64_t block, bool column_row_depth, bool to_depth);

// (x) -> y: axis i of y is axis permutation[i] of x.
Result<KernelPtr> make_transpose_kernel(std::span<const int> permutation);

Result<KernelPtr> make_softmax_kernel(int axis, int rank);  // (x) -> y
KernelPtr make_log_softmax_kernel(int axis);                // (x) -> y; negative from the back

// Losses: (x, t) -> one number, over rows of the last axis. All accept row strides.
KernelPtr make_softmax_cross_entropy_kernel();       // mean over rows of −Σ t · ln softmax(x)
KernelPtr make_softmax_cross_entropy_grad_kernel();  // (x, t) -> dx of it
KernelPtr make_mean_squared_error_kernel();          // mean over elements of (x − t)²
KernelPtr make_one_hot_kernel();  // (labels) -> y: 1 in the label's channel, negative from the back

}  // namespace convscope
