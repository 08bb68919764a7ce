// What a rule that writes one node of ours as ONNX works with. Internal to src/onnx.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "onnx/export_graph.h"
#include "ops/ops.h"

namespace convscope::onnx {

struct NodeExport {
  ExportGraph& to;
  const Node& node;
  Attributes attributes;  // of our operator

  ValueId input(size_t i = 0) const { return node.inputs[i]; }
  const Shape& shape(size_t i = 0) const { return to.shape(node.inputs[i]); }
  const Shape& output_shape() const { return to.shape(node.outputs[0]); }
  const std::string& output_name() const { return to.value(node.outputs[0]).name; }
  Result<std::string> native(size_t i = 0) const {
    return to.form(input(i), to.native_axes(input(i)));
  }
  // Our axis, which may be counted from the back, as one from the front.
  int axis(int64_t own) const { return static_cast<int>(own < 0 ? own + shape().rank() : own); }
  // Where that axis of the first input stands in the file.
  int64_t file_axis(int64_t own) const {
    return to.native_axes(input())[static_cast<size_t>(axis(own))];
  }
  // The extents of a shape in the order of the file.
  static std::vector<int64_t> file_dims(const Shape& shape, const Axes& axes) {
    std::vector<int64_t> dims(axes.size());
    for (size_t i = 0; i < axes.size(); ++i)
      dims[static_cast<size_t>(axes[i])] = shape[static_cast<int>(i)];
    return dims;
  }

  // A node named after ours; a suffix tells helpers from the node itself.
  std::string emit(std::string op_type, std::vector<std::string> inputs,
                   std::vector<FileAttribute> file_attributes = {},
                   std::string_view suffix = "") const {
    const std::string end(suffix);
    return to.emit(std::move(op_type), std::move(inputs), std::move(file_attributes),
                   output_name() + end, node.origin + end);
  }
  void give(Axes axes, std::string name) const {
    to.give(node.outputs[0], std::move(axes), std::move(name));
  }
};

using ExportRule = Status (*)(const NodeExport&);

struct ExportEntry {
  std::string_view kind;
  ExportRule rule;
};
// Ours by kind, sorted. What is not here has no form in ONNX.
std::span<const ExportEntry> export_rules();

// Windows that slide over pictures: they want N×C×H×W.
Status export_conv(const NodeExport& node);
Status export_conv_transpose(const NodeExport& node);
Status export_pool(const NodeExport& node);
Status export_global_pool(const NodeExport& node);
Status export_depth_to_space(const NodeExport& node);
// What changes shapes and orders.
Status export_concat(const NodeExport& node);
Status export_expand(const NodeExport& node);
Status export_gather(const NodeExport& node);
Status export_pad(const NodeExport& node);
Status export_reshape(const NodeExport& node);
Status export_resize(const NodeExport& node);
Status export_slice(const NodeExport& node);
Status export_transpose(const NodeExport& node);
// Arithmetic, in whatever layout the operands have.
Status export_affine(const NodeExport& node);
Status export_binary(const NodeExport& node);
Status export_clip(const NodeExport& node);
Status export_gemm(const NodeExport& node);
Status export_matmul(const NodeExport& node);
Status export_pow(const NodeExport& node);
Status export_reduce(const NodeExport& node);
Status export_softmax(const NodeExport& node);
Status export_step(const NodeExport& node);
Status export_unary(const NodeExport& node);
Status export_window_sum(const NodeExport& node);

}  // namespace convscope::onnx
