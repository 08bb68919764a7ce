#include "onnx/export_node.h"

#include <array>
#include <format>

namespace convscope::onnx {
namespace {

Attributes attributes_of(const Op& op) {
  Attributes out;
  const std::string text = op.attributes();
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view token = rest.substr(0, rest.find(' '));
    const size_t equals = token.find('=');
    CHECK(equals != std::string_view::npos);
    out.set(std::string(token.substr(0, equals)), std::string(token.substr(equals + 1)));
    rest.remove_prefix(std::min(rest.size(), token.size() + 1));
  }
  return out;
}

}  // namespace

// Operators of the backward pass (…Grad, SumTo) are not here.
std::span<const ExportEntry> export_rules() {
  static constexpr auto kRules = std::to_array<ExportEntry>({
      {"Abs", export_unary},
      {"Add", export_binary},
      {"Affine", export_affine},
      {"AveragePool", export_pool},
      {"Ceil", export_unary},
      {"Celu", export_unary},
      {"Clip", export_clip},
      {"Concat", export_concat},
      {"Conv", export_conv},
      {"ConvTranspose", export_conv_transpose},
      {"Cos", export_unary},
      {"DepthToSpace", export_depth_to_space},
      {"Div", export_binary},
      {"Elu", export_unary},
      {"Erf", export_unary},
      {"Exp", export_unary},
      {"Expand", export_expand},
      {"Flatten", export_reshape},
      {"Floor", export_unary},
      {"Gather", export_gather},
      {"Gelu", export_unary},
      {"Gemm", export_gemm},
      {"GlobalAveragePool", export_global_pool},
      {"HardSigmoid", export_unary},
      {"HardSwish", export_unary},
      {"LeakyRelu", export_unary},
      {"Log", export_unary},
      {"LogSoftmax", export_softmax},
      {"MatMul", export_matmul},
      {"Max", export_binary},
      {"MaxPool", export_pool},
      {"Min", export_binary},
      {"Mish", export_unary},
      {"Mul", export_binary},
      {"Neg", export_unary},
      {"PRelu", export_binary},
      {"Pad", export_pad},
      {"Pow", export_pow},
      {"Power", export_binary},
      {"Reciprocal", export_unary},
      {"ReduceMax", export_reduce},
      {"ReduceMean", export_reduce},
      {"ReduceProd", export_reduce},
      {"ReduceSum", export_reduce},
      {"Relu", export_unary},
      {"Reshape", export_reshape},
      {"Resize", export_resize},
      {"Scale", export_affine},
      {"Selu", export_unary},
      {"Sigmoid", export_unary},
      {"Sign", export_unary},
      {"Sin", export_unary},
      {"Slice", export_slice},
      {"Softmax", export_softmax},
      {"Softplus", export_unary},
      {"Softsign", export_unary},
      {"SpaceToDepth", export_depth_to_space},
      {"Sqrt", export_unary},
      {"Step", export_step},
      {"Sub", export_binary},
      {"Tanh", export_unary},
      {"ThresholdedRelu", export_unary},
      {"Transpose", export_transpose},
      {"WindowSum", export_window_sum},
  });
  static_assert(std::ranges::is_sorted(kRules, {}, &ExportEntry::kind));
  return kRules;
}

Status export_node(ExportGraph& to, const Node& node) {
  const std::string_view kind = node.op->kind();
  const auto found = std::ranges::lower_bound(export_rules(), kind, {}, &ExportEntry::kind);
  if (found == export_rules().end() || found->kind != kind) {
    return fail(ErrorCode::kUnsupported,
                std::format("the node {} cannot be saved: its operator {} has no form in ONNX",
                            quotable(node.origin), kind));
  }
  const auto status = found->rule({to, node, attributes_of(*node.op)});
  if (!status) {
    auto error = status.error();
    return std::unexpected(
        std::move(error).with_context("the node " + quotable(node.origin) + " cannot be saved"));
  }
  return {};
}

}  // namespace convscope::onnx
