// Factories of every operator. Activations are NHWC; convolution weights are OHWI: (out, kh, kw, in
// / group).
#pragma once

#include <array>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "graph/op.h"
#include "kernels/window.h"
#include "ops/attributes.h"

namespace convscope {

// Geometry shared by convolutions and pooling.
struct Window {
  std::array<int64_t, 2> kernel{1, 1}, strides{1, 1}, dilations{1, 1};
  Pads pads;
  bool same_upper =
      false;  // pads follow from the input size (ONNX auto_pad=SAME_UPPER, TensorFlow "SAME")
  bool ceil_mode = false;          // pooling only: a last window may reach beyond the padded input
  bool count_include_pad = false;  // average pooling only

  friend bool operator==(const Window&, const Window&) = default;
  // The pads that hold for an input of this height and width.
  Pads resolved_pads(int64_t height, int64_t width) const;
  // Output height and width; non-positive where the window does not fit.
  std::array<int64_t, 2> output_size(int64_t height, int64_t width) const;
  // What kernels want: the same with resolved pads.
  WindowGeometry geometry(int64_t height, int64_t width) const;
  // The same window with the pads of that size written out: kernels of equal windows are shared
  // between sizes.
  Window resolved(int64_t height, int64_t width) const;
  // As attributes: "kernel=3,3 strides=2,2 auto_pad=same_upper".
  std::string text() const;
  // Reads what text() writes; `malformed` or `invalid_argument` for a window that cannot be.
  static Result<Window> from_attributes(const Attributes& attributes);
};

enum class PadMode : uint8_t { kConstant, kReflect, kEdge, kWrap };

// How Resize samples an axis, in ONNX's terms and with ONNX's defaults.
struct ResizeRule {
  enum class Mode : uint8_t { kNearest, kLinear, kCubic };
  enum class Coordinate : uint8_t {
    kHalfPixel,
    kPytorchHalfPixel,
    kAlignCorners,
    kAsymmetric,
    kHalfPixelSymmetric,
    kTfHalfPixelForNn,  // of opset 11 and 12
    kTfCropAndResize,   // from `start` to `end`; 0 beyond the axis
  };
  enum class Rounding : uint8_t { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };

  Mode mode = Mode::kNearest;
  Coordinate coordinate = Coordinate::kHalfPixel;
  Rounding rounding = Rounding::kRoundPreferFloor;  // for kNearest
  float cubic = -0.75f;                             // cubic_coeff_a
  int64_t size = 0;                                 // of the output; 0: as `scale` says
  float scale = 1;
  float start = 0, end = 1;      // of kTfCropAndResize: 0 is the first sample, 1 the last
  bool antialias = false;        // smaller: a wider kernel, for kLinear and kCubic
  bool exclude_outside = false;  // no share for what lies beyond the axis, for the same two

  static Result<ResizeRule> from_attributes(const Attributes& attributes);
};

OpPtr make_abs();
OpPtr make_add();                             // (a, b), NumPy broadcasting
OpPtr make_affine(float scale, float shift);  // scale·x + shift
OpPtr make_average_pool(const Window& window);
OpPtr make_average_pool_grad(const Window& window, int64_t height, int64_t width);  // (dy) -> dx
OpPtr make_ceil();
OpPtr make_celu(float alpha);                        // alpha is not 0
OpPtr make_clip(float minimum, float maximum);       // ReLU6 is clip(0, 6)
OpPtr make_clip_grad(float minimum, float maximum);  // (output, dy) -> dy where min < output < max
OpPtr make_concat(int axis);
OpPtr make_conv(const Window& window, int64_t group);  // (x, weight[, bias])
// The same window on one channel in and one out, to show what one slice of a filter adds; fails
// where `conv` is no Conv.
Result<OpPtr> single_channel_conv(const Op& conv);
OpPtr make_conv_input_grad(const Window& window, int64_t group, int64_t height,
                           int64_t width);  // (dy, weight) -> dx
// (x, weight[, bias]); weight is (I, KH, KW, O/group). Pads are numbers (no auto_pad),
// output_padding is smaller than the strides.
OpPtr make_conv_transpose(const Window& window, int64_t group,
                          std::array<int64_t, 2> output_padding);
OpPtr make_conv_weight_grad(const Window& window, int64_t group);  // (x, dy) -> dw
OpPtr make_cos();
OpPtr make_depth_to_space(int64_t block, bool column_row_depth);  // NHWC; CRD of ONNX's modes
OpPtr make_div();                                                 // (a, b), NumPy broadcasting
OpPtr make_elu(float alpha);
OpPtr make_erf();
OpPtr make_exp();
OpPtr make_expand(const Shape& shape);  // (x) repeated along its axes of extent 1
OpPtr make_flatten(int axis);
OpPtr make_floor();
// (x) at constant indices of one axis, negative ones counted from the back.
OpPtr make_gather(int axis, std::vector<int64_t> indices);
// (dy) -> dx, of that extent along the axis: what was picked several times adds up.
OpPtr make_gather_grad(int axis, std::vector<int64_t> indices, int64_t extent);
OpPtr make_gelu(bool tanh);  // tanh: the approximation
OpPtr make_gemm(
    bool transpose_b);  // (x, weight[, bias]); weight is (M,K) if transpose_b, else (K,M)
OpPtr make_global_average_pool();  // (N,H,W,C) -> (N,1,1,C)
OpPtr make_hard_sigmoid(float alpha, float beta);
OpPtr make_hard_swish();
OpPtr make_leaky_relu(float alpha);
OpPtr make_log();
OpPtr make_log_softmax(int axis);
OpPtr make_matmul(bool transpose_b);  // (a, b), of rank 2 and more; b is …×N×K if transpose_b
OpPtr make_max();                     // (a, b), NumPy broadcasting
OpPtr make_max_pool(const Window& window);
OpPtr make_max_pool_grad(
    const Window& window);  // (x, dy) -> dx: the first maximum of each window gets dy
// (x, t) -> one number, the mean over all elements of (x − t)².
OpPtr make_mean_squared_error();
OpPtr make_min();  // (a, b), NumPy broadcasting
OpPtr make_mish();
OpPtr make_mul();  // (a, b), NumPy broadcasting
OpPtr make_neg();
// (labels) -> …×depth, 1 at each label and 0 elsewhere; negative labels count from the back, and
// one that is no class gives a row of zeros.
OpPtr make_one_hot(int64_t depth);
// A frame around x along one axis; `value` for kConstant alone.
OpPtr make_pad(int axis, int64_t before, int64_t after, PadMode mode = PadMode::kConstant,
               float value = 0);
OpPtr make_pow(float exponent);  // x to the power of a constant
OpPtr make_power();              // (a, b): a to the power of b, NumPy broadcasting
OpPtr make_prelu();              // (x, slope), slope broadcast to x
OpPtr make_reciprocal();
// Over `axes`, negative ones counted from the back; none: all. What is reduced keeps an extent of 1
// if keepdims. Other reductions are compositions, in reductions.h.
OpPtr make_reduce_max(std::span<const int> axes, bool keepdims);
OpPtr make_reduce_max_grad();  // (x, dy) -> dx: the first maximum of each group gets dy
OpPtr make_reduce_mean(std::span<const int> axes, bool keepdims);
OpPtr make_reduce_prod(std::span<const int> axes, bool keepdims);
OpPtr make_reduce_sum(std::span<const int> axes, bool keepdims);
OpPtr make_relu();
OpPtr make_relu_grad();                               // (output, dy) -> dy where output > 0
OpPtr make_reshape(const Shape& shape);               // extent 0 keeps the input's, -1 is inferred
OpPtr make_resize(int axis, const ResizeRule& rule);  // one axis; a picture takes two
OpPtr make_scale(float factor);                       // x times a constant
OpPtr make_selu(float alpha, float gamma);
OpPtr make_sigmoid();
OpPtr make_sign();
OpPtr make_sin();
// x[begin + j·step] for 0 <= j < length; a negative step runs backwards.
OpPtr make_slice(int axis, int64_t begin, int64_t length, int64_t step = 1);
OpPtr make_softmax(int axis);
OpPtr make_softmax_cross_entropy_grad();  // (x, t) -> the derivative of the loss to x
// (x, t) -> one number, the mean over rows of −Σ t · ln softmax(x): x, t …×C, logits and how much
// of each class was expected, as probabilities or by make_one_hot().
OpPtr make_softmax_cross_entropy_loss();
OpPtr make_softplus();
OpPtr make_softsign();
OpPtr make_space_to_depth(int64_t block, bool column_row_depth);  // undoes DepthToSpace
OpPtr make_sqrt();
OpPtr make_step(float threshold);       // 1 where x > threshold, else 0
OpPtr make_sub();                       // (a, b), NumPy broadcasting
OpPtr make_sum_to(const Shape& shape);  // (x) summed over the axes that Expand would repeat
OpPtr make_tanh();
OpPtr make_thresholded_relu(float alpha);
OpPtr make_transpose(std::span<const int> permutation);  // axis i of y is axis permutation[i] of x
OpPtr make_window_sum(int axis, int64_t before, int64_t after);  // a sliding sum along an axis

// Where an operator's inputs may lie, for the tests that draw them.
enum class Domain : uint8_t {
  kReal,
  kNonZero,   // either sign, magnitude from 0.25
  kPositive,  // from 0.25
};

// One line per operator in registry.cpp, sorted by kind.
struct OpEntry {
  std::string_view kind;
  // Makes the op from a model file's attributes; null for ops that only derivatives use.
  Result<OpPtr> (*from_attributes)(const Attributes&);
  // Small cases that every generic test runs: at least one awkward (stride that does not divide,
  // padding, batch > 1).
  struct Sample {
    OpPtr op;
    std::vector<Shape> inputs;
    // Inputs that the derivative is taken of, and that lowering gets as parameters.
    std::vector<int> differentiable_inputs, parameter_inputs;
    Domain domain = Domain::kReal;
  };
  std::vector<Sample> (*samples)();
};
std::span<const OpEntry> op_registry();

// `unsupported`, naming the kind, where the registry has no such operator.
Result<OpPtr> make_op(std::string_view kind, const Attributes& attributes);

}  // namespace convscope
