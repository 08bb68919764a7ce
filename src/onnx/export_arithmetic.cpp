// Arithmetic: element by element in the layout of the operands, matrices in their own order.
#include <cmath>
#include <numeric>

#include "onnx/export_node.h"

namespace convscope::onnx {
namespace {

// The layout of the first operand of the result's rank that is not a weight.
Axes working_axes(const NodeExport& node) {
  const int rank = node.output_shape().rank();
  for (ValueId id : node.node.inputs) {
    if (node.to.shape(id).rank() == rank && !node.to.is_parameter(id))
      return node.to.native_axes(id);
  }
  return plain_axes(rank);
}

}  // namespace

// Scale too.
Status export_affine(const NodeExport& node) {
  const bool scale_only = node.node.op->kind() == "Scale";
  TRY(const float factor, node.attributes.number(scale_only ? "factor" : "scale", 1));
  TRY(const float shift, node.attributes.number("shift", 0));
  TRY(const std::string x, node.native());
  std::string out = node.emit("Mul", {x, node.to.scalar(factor)}, {}, scale_only ? "" : "/scaled");
  if (!scale_only) out = node.emit("Add", {out, node.to.scalar(shift)});
  node.give(node.to.native_axes(node.input()), out);
  return {};
}

Status export_binary(const NodeExport& node) {
  const Axes axes = working_axes(node);
  TRY(const std::string a, node.to.broadcast_form(node.input(0), axes));
  TRY(const std::string b, node.to.broadcast_form(node.input(1), axes));
  const std::string_view kind = node.node.op->kind();
  node.give(axes, node.emit(std::string(kind == "Power" ? "Pow" : kind), {a, b}));
  return {};
}

Status export_clip(const NodeExport& node) {
  TRY(const float low, node.attributes.number("min", 0));
  TRY(const float high, node.attributes.number("max", 0));
  TRY(std::string x, node.native());
  std::vector<std::string> inputs = {std::move(x), std::isinf(low) ? "" : node.to.scalar(low)};
  if (!std::isinf(high)) inputs.push_back(node.to.scalar(high));
  if (inputs.back().empty()) inputs.pop_back();
  node.give(node.to.native_axes(node.input()), node.emit("Clip", std::move(inputs)));
  return {};
}

Status export_gemm(const NodeExport& node) {
  TRY(const int64_t transpose, node.attributes.integer("transB", 0));
  const ValueId flat = node.input(0), weight = node.input(1);
  std::vector<std::string> inputs(node.node.inputs.size());
  const ValueId source = node.to.flattened_from(flat);
  if (source.valid() && node.to.is_parameter(weight)) {
    // The activation keeps its order; the weight's rows, or columns, get it.
    TRY(inputs[0], node.to.flattened(flat));
    const Shape &from = node.to.shape(source), &own = node.shape(1);
    const Axes axes = node.to.native_axes(source);
    std::vector<int64_t> dims(from.dims().begin(), from.dims().end());
    std::vector<int> permutation;
    for (int i = 0; i < from.rank(); ++i) permutation.push_back(stored_axis(axes, i));
    if (transpose != 0) {
      dims[0] = own[0];
    } else {
      dims.erase(dims.begin());
      dims.push_back(own[1]);
      permutation.erase(permutation.begin());
      for (int& axis : permutation) --axis;
      permutation.push_back(from.rank() - 1);
    }
    TRY(inputs[1], node.to.matrix(weight, Shape(std::span<const int64_t>(dims)), permutation));
  } else {
    TRY(inputs[0], node.to.form(flat, plain_axes(2)));
    TRY(inputs[1], node.to.form(weight, plain_axes(2)));
  }
  if (inputs.size() == 3) {
    TRY(inputs[2], node.to.form(node.input(2), plain_axes(1)));
  }
  std::vector<FileAttribute> attributes;
  if (transpose != 0) attributes.push_back({"transB", int64_t{1}});
  node.give(plain_axes(2), node.emit("Gemm", std::move(inputs), std::move(attributes)));
  return {};
}

Status export_matmul(const NodeExport& node) {
  TRY(const int64_t transpose, node.attributes.integer("transB", 0));
  Axes axes = plain_axes(node.shape(1).rank());
  if (transpose != 0) std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  TRY(const std::string a, node.to.form(node.input(0), plain_axes(node.shape(0).rank())));
  TRY(const std::string b, node.to.form(node.input(1), axes));
  node.give(plain_axes(node.output_shape().rank()), node.emit("MatMul", {a, b}));
  return {};
}

Status export_pow(const NodeExport& node) {
  TRY(const float exponent, node.attributes.number("exponent", 2));
  TRY(const std::string x, node.native());
  node.give(node.to.native_axes(node.input()), node.emit("Pow", {x, node.to.scalar(exponent)}));
  return {};
}

Status export_reduce(const NodeExport& node) {
  std::vector<int64_t> own(static_cast<size_t>(node.shape().rank()));
  std::iota(own.begin(), own.end(), 0);
  TRY(own, node.attributes.integers("axes", own));
  TRY(const int64_t keepdims, node.attributes.integer("keepdims", 1));
  Axes axes = node.to.native_axes(node.input());
  std::vector<int64_t> reduced;
  for (int64_t axis : own) reduced.push_back(node.file_axis(axis));
  std::ranges::sort(reduced);
  TRY(const std::string x, node.native());
  const std::string y = node.emit(std::string(node.node.op->kind()), {x, node.to.integers(reduced)},
                                  {{"keepdims", keepdims}});
  if (keepdims == 0) {
    std::erase_if(axes, [&](int axis) { return std::ranges::binary_search(reduced, axis); });
    for (int& axis : axes) {
      axis -=
          static_cast<int>(std::ranges::count_if(reduced, [axis](int64_t r) { return r < axis; }));
    }
  }
  node.give(std::move(axes), y);
  return {};
}

// LogSoftmax too.
Status export_softmax(const NodeExport& node) {
  TRY(const int64_t own, node.attributes.integer("axis", -1));
  TRY(const std::string x, node.native());
  node.give(node.to.native_axes(node.input()),
            node.emit(std::string(node.node.op->kind()), {x}, {{"axis", node.file_axis(own)}}));
  return {};
}

Status export_step(const NodeExport& node) {
  TRY(const float threshold, node.attributes.number("threshold", 0));
  TRY(const std::string x, node.native());
  const std::string above = node.emit("Greater", {x, node.to.scalar(threshold)}, {}, "/above");
  node.give(node.to.native_axes(node.input()),
            node.emit("Cast", {above}, {{"to", static_cast<int64_t>(DataType::kFloat)}}));
  return {};
}

// Ours has ONNX's name, and attributes of its names that are numbers.
Status export_unary(const NodeExport& node) {
  std::vector<FileAttribute> attributes;
  for (const std::string_view name : {"alpha", "beta", "gamma"}) {
    if (!node.attributes.has(name)) continue;
    TRY(const float value, node.attributes.number(name, 0));
    attributes.push_back({name, value});
  }
  if (node.attributes.has("approximate"))
    attributes.push_back({"approximate", node.attributes.text("approximate", "none")});
  TRY(const std::string x, node.native());
  node.give(node.to.native_axes(node.input()),
            node.emit(std::string(node.node.op->kind()), {x}, std::move(attributes)));
  return {};
}

// Local response normalization sums over neighbouring channels. A sum is an average times its
// window: the axis becomes the height of a picture, what is behind it the width.
Status export_window_sum(const NodeExport& node) {
  TRY(const int64_t own, node.attributes.integer("axis", -1));
  TRY(const int64_t before, node.attributes.integer("before", 0));
  TRY(const int64_t after, node.attributes.integer("after", 0));
  const Axes axes = node.to.native_axes(node.input());
  const auto at = static_cast<size_t>(node.file_axis(own));
  const std::vector<int64_t> dims = NodeExport::file_dims(node.shape(), axes);
  const auto product = [](std::span<const int64_t> extents) {
    return std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
  };
  const std::span<const int64_t> all = dims;
  const std::vector<int64_t> folded = {product(all.first(at)), 1, dims[at],
                                       product(all.subspan(at + 1))};
  const int64_t window = before + after + 1;
  TRY(std::string x, node.native());
  x = node.emit("Reshape", {x, node.to.integers(folded)}, {}, "/folded");
  x = node.emit("AveragePool", {x},
                {{"kernel_shape", std::vector<int64_t>{window, 1}},
                 {"pads", std::vector<int64_t>{before, 0, after, 0}},
                 {"count_include_pad", int64_t{1}}},
                "/mean");
  x = node.emit("Mul", {x, node.to.scalar(static_cast<float>(window))}, {}, "/sum");
  node.give(axes, node.emit("Reshape", {x, node.to.integers(dims)}));
  return {};
}

}  // namespace convscope::onnx
