// Operators refuse shapes and attributes that cannot be, with a text that says what they want.
#include <gtest/gtest.h>

#include "ops/ops.h"

namespace convscope {
namespace {

struct Refusal {
  OpPtr op;
  std::vector<Shape> inputs;
  std::string_view text;
};

TEST(OpErrors, ShapesThatDoNotFit) {
  const Window strided{.kernel = {3, 3}, .strides = {2, 2}};
  const Window wide{.kernel = {1, 1}, .pads = {2, 2, 2, 2}};
  const ResizeRule vanishing{.scale = 0.1f}, huge{.scale = 1e6f};
  const std::vector<Refusal> refusals{
      {make_transpose(std::array{0, 0}),
       {{2, 3}},
       "Transpose(perm=0,0): wants one input and a permutation of its axes; got 2×3"},
      {make_transpose(std::array{1, 0}), {{2, 3, 4}}, "a permutation of its axes; got 2×3×4"},
      {make_matmul(false),
       {{2, 3}, {4, 5}},
       "MatMul(): the operands do not share the extent that is summed over; got 2×3, 4×5"},
      {make_matmul(true), {{2, 1, 3}, {3, 4, 3}}, "leading axes do not broadcast"},
      {make_matmul(false), {{3}, {3, 2}}, "wants two operands with two axes or more"},
      {make_sub(), {{2, 3}, {2}}, "Sub(): wants two inputs whose shapes broadcast; got 2×3, 2"},
      {make_prelu(), {{3}, {2, 3}}, "slopes whose shape broadcasts to x's"},
      {make_tanh(), {{2}, {2}}, "Tanh(): wants one input; got 2, 2"},
      {make_reduce_mean(std::array{1, -1}, true), {{2, 3}}, "names an axis twice"},
      {make_reduce_sum(std::array{2}, true), {{2, 3}}, "axis 2 does not exist in rank 2"},
      {make_reduce_max(std::array{0}, true), {{0, 3}}, "wants one input with elements"},
      {make_gather(0, {3}), {{3}}, "each within an axis of 3"},
      {make_gather(0, {-4}), {{3}}, "each within an axis of 3"},
      {make_gather(0, {}), {{3}}, "wants one index or more"},
      {make_slice(0, 2, 2, 2), {{4}}, "the range lies outside the axis"},
      {make_slice(0, 1, 3, -1), {{4}}, "the range lies outside the axis"},
      {make_slice(0, 0, 2, std::numeric_limits<int64_t>::min()), {{4}}, "outside the axis"},
      {make_pad(0, 3, 0, PadMode::kReflect), {{3}}, "less padding than the axis is long"},
      {make_pad(0, int64_t{1} << 40, 0, PadMode::kEdge), {{3}}, "pads from 0 to 2^20"},
      {make_resize(1, vanishing), {{1, 9}}, "wants an output of 1 to 2^20 samples; got 1×9"},
      {make_resize(1, huge), {{1, 9}}, "wants an output of 1 to 2^20 samples"},
      {make_conv_transpose(strided, 1, {2, 0}),
       {{1, 2, 2, 3}, {3, 3, 3, 4}},
       "output_padding wants less than the stride"},
      {make_conv_transpose(strided, 1, {0, 0}), {{1, 2, 2, 3}, {2, 3, 3, 4}}, "dy is not what"},
      {make_conv_transpose(wide, 1, {0, 0}), {{1, 2, 2, 3}, {3, 1, 1, 4}}, "would be empty"},
      {make_conv_weight_grad(strided, 1),
       {{1, 5, 5, 3}, {1, 3, 2, 4}},
       "dy is not what the convolution of x gives"},
      {make_depth_to_space(2, false), {{1, 2, 2, 6}}, "block² does not divide the channels"},
      {make_space_to_depth(2, false), {{1, 2, 3, 6}}, "the block does not divide"},
  };
  for (const Refusal& refusal : refusals) {
    const auto inferred = refusal.op->infer(refusal.inputs);
    ASSERT_FALSE(inferred.has_value()) << op_text(*refusal.op);
    EXPECT_NE(inferred.error().message.find(refusal.text), std::string::npos)
        << inferred.error().message;
  }
}

TEST(OpErrors, AttributesThatCannotBe) {
  struct BadAttribute {
    std::string_view kind, name, value, text;
  };
  const std::vector<BadAttribute> cases{
      {"Sigmoid", "alpha", "1", "Sigmoid has an attribute 'alpha' that ConvScope does not know"},
      {"Elu", "alpha", "much", "attribute alpha wants a number; got 'much'"},
      {"Gelu", "approximate", "erf", "approximate can be none or tanh; got 'erf'"},
      {"ReduceSum", "axes", "9", "axes wants numbers from -6 to 5; got '9'"},
      {"Transpose", "perm", "0,7", "perm wants at most 6 axes"},
      {"Pad", "mode", "spiral", "mode constant, reflect, edge or wrap; got mode 'spiral'"},
      {"Slice", "step", "0", "a step that is not 0"},
      {"Resize", "mode", "area", "mode 'area' is not one that ConvScope knows"},
      {"Resize", "scale", "0", "Resize wants a size or a scale, above 0"},
      {"Resize", "start", "-inf", "Resize wants finite numbers; got start=-inf end=1"},
      {"Resize", "end", "inf", "Resize wants finite numbers; got start=0 end=inf"},
      {"Resize", "cubic_coeff_a", "inf", "Resize wants finite numbers"},
      {"DepthToSpace", "blocksize", "0", "a blocksize from 1 to 1024"},
      {"ConvTranspose", "auto_pad", "same_upper", "does not know"},
      {"LogSoftmax", "axis", "8", "axis wants a number from -6 to 5; got 8"},
      {"Step", "threshold", "0", "ConvScope has no operator Step"},
  };
  for (const BadAttribute& test : cases) {
    Attributes attributes;
    attributes.set(std::string(test.name), std::string(test.value));
    if (test.kind == "Slice") attributes.set("length", "1");
    const auto op = make_op(test.kind, attributes);
    ASSERT_FALSE(op.has_value()) << test.kind;
    EXPECT_NE(op.error().message.find(test.text), std::string::npos) << op.error().message;
  }
}

}  // namespace
}  // namespace convscope
