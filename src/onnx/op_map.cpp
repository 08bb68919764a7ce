#include "onnx/op_map.h"

#include <algorithm>
#include <array>

namespace convscope::onnx {

// Operators that fold.h evaluates on constants alone (Shape, Range …) are not here.
std::span<const OpMapEntry> op_map() {
  static constexpr auto kEntries = std::to_array<OpMapEntry>({
      {"Abs", convert_unary},
      {"Add", convert_elementwise},
      {"AveragePool", convert_pool},
      {"BatchNormalization", convert_batch_normalization},
      {"Cast", convert_same},
      {"CastLike", convert_same},
      {"Ceil", convert_unary},
      {"Celu", convert_unary},
      {"Clip", convert_clip},
      {"Concat", convert_concat},
      {"Conv", convert_conv},
      {"ConvTranspose", convert_conv_transpose},
      {"Cos", convert_unary},
      {"DepthToSpace", convert_depth_to_space},
      {"Div", convert_elementwise},
      {"Dropout", convert_same},
      {"Elu", convert_unary},
      {"Erf", convert_unary},
      {"Exp", convert_unary},
      {"Expand", convert_expand},
      {"Flatten", convert_reshape},
      {"Floor", convert_unary},
      {"Gather", convert_gather},
      {"Gelu", convert_unary},
      {"Gemm", convert_gemm},
      {"GlobalAveragePool", convert_global_pool},
      {"GlobalMaxPool", convert_global_pool},
      {"GroupNormalization", convert_group_normalization},
      {"HardSigmoid", convert_unary},
      {"HardSwish", convert_unary},
      {"Identity", convert_same},
      {"InstanceNormalization", convert_instance_normalization},
      {"LRN", convert_lrn},
      {"LayerNormalization", convert_layer_normalization},
      {"LeakyRelu", convert_unary},
      {"Log", convert_unary},
      {"LogSoftmax", convert_softmax},
      {"MatMul", convert_matmul},
      {"Max", convert_elementwise},
      {"MaxPool", convert_pool},
      {"Mean", convert_elementwise},
      {"MeanVarianceNormalization", convert_mean_variance_normalization},
      {"Min", convert_elementwise},
      {"Mish", convert_unary},
      {"Mul", convert_elementwise},
      {"Neg", convert_unary},
      {"PRelu", convert_prelu},
      {"Pad", convert_pad},
      {"Pow", convert_elementwise},
      {"Reciprocal", convert_unary},
      {"ReduceL1", convert_reduce},
      {"ReduceL2", convert_reduce},
      {"ReduceLogSum", convert_reduce},
      {"ReduceLogSumExp", convert_reduce},
      {"ReduceMax", convert_reduce},
      {"ReduceMean", convert_reduce},
      {"ReduceMin", convert_reduce},
      {"ReduceProd", convert_reduce},
      {"ReduceSum", convert_reduce},
      {"ReduceSumSquare", convert_reduce},
      {"Relu", convert_unary},
      {"Reshape", convert_reshape},
      {"Resize", convert_resize},
      {"Selu", convert_unary},
      {"Sigmoid", convert_unary},
      {"Sign", convert_unary},
      {"Sin", convert_unary},
      {"Slice", convert_slice},
      {"Softmax", convert_softmax},
      {"Softplus", convert_unary},
      {"Softsign", convert_unary},
      {"SpaceToDepth", convert_depth_to_space},
      {"Split", convert_split},
      {"Sqrt", convert_unary},
      {"Squeeze", convert_reshape},
      {"Sub", convert_elementwise},
      {"Sum", convert_elementwise},
      {"Swish", convert_swish},
      {"Tanh", convert_unary},
      {"ThresholdedRelu", convert_unary},
      {"Tile", convert_tile},
      {"Transpose", convert_transpose},
      {"Unsqueeze", convert_reshape},
      {"Upsample", convert_resize},
  });
  static_assert(std::ranges::is_sorted(kEntries, {}, &OpMapEntry::op_type));
  return kEntries;
}

const OpMapEntry* find_op(std::string_view op_type) {
  const auto found = std::ranges::lower_bound(op_map(), op_type, {}, &OpMapEntry::op_type);
  return found == op_map().end() || found->op_type != op_type ? nullptr : &*found;
}

}  // namespace convscope::onnx
