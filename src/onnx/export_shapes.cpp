// Operators that move, pick, repeat or resize. They stay in the layout of their input, whose axes
// stand elsewhere in the file.
#include <format>
#include <numeric>

#include "onnx/export_node.h"

namespace convscope::onnx {
namespace {

// One axis of the input's native form, and its order.
struct OneAxis {
  std::string x;
  Axes axes;
  int64_t at = 0;  // in the file
  int64_t rank = 0;
};

Result<OneAxis> one_axis(const NodeExport& node) {
  TRY(const int64_t own, node.attributes.integer("axis", -1));
  OneAxis out{.x = {},
              .axes = node.to.native_axes(node.input()),
              .at = node.file_axis(own),
              .rank = node.shape().rank()};
  TRY(out.x, node.native());
  return out;
}

}  // namespace

Status export_concat(const NodeExport& node) {
  TRY(const OneAxis axis, one_axis(node));
  std::vector<std::string> inputs;
  for (ValueId id : node.node.inputs) {
    TRY(std::string part, node.to.form(id, axis.axes));
    inputs.push_back(std::move(part));
  }
  node.give(axis.axes, node.emit("Concat", std::move(inputs), {{"axis", axis.at}}));
  return {};
}

Status export_expand(const NodeExport& node) {
  const Shape& to = node.output_shape();
  const bool same_rank = node.shape().rank() == to.rank();
  const Axes axes = same_rank ? node.to.native_axes(node.input()) : plain_axes(to.rank());
  TRY(const std::string x, node.to.broadcast_form(node.input(), axes));
  node.give(axes, node.emit("Expand", {x, node.to.integers(NodeExport::file_dims(to, axes))}));
  return {};
}

Status export_gather(const NodeExport& node) {
  TRY(const OneAxis axis, one_axis(node));
  TRY(std::vector<int64_t> indices, node.attributes.integers("indices", {}));
  node.give(axis.axes, node.emit("Gather", {axis.x, node.to.integers(std::move(indices))},
                                 {{"axis", axis.at}}));
  return {};
}

Status export_pad(const NodeExport& node) {
  TRY(const OneAxis axis, one_axis(node));
  TRY(const int64_t before, node.attributes.integer("before", 0));
  TRY(const int64_t after, node.attributes.integer("after", 0));
  TRY(const float value, node.attributes.number("value", 0));
  const std::string mode = node.attributes.text("mode", "constant");
  std::vector<int64_t> pads(static_cast<size_t>(2 * axis.rank));
  pads[static_cast<size_t>(axis.at)] = before;
  pads[static_cast<size_t>(axis.at + axis.rank)] = after;
  std::vector<std::string> inputs = {axis.x, node.to.integers(std::move(pads))};
  if (mode == "constant") inputs.push_back(node.to.scalar(value));
  node.give(axis.axes, node.emit("Pad", std::move(inputs), {{"mode", mode}}));
  return {};
}

// Flatten too.
Status export_reshape(const NodeExport& node) {
  const Shape &from = node.shape(), &to = node.output_shape();
  const bool flat = to.rank() == 2 && from.rank() > 2 && from[0] == to[0];
  const Axes native = node.to.native_axes(node.input());
  if (flat && native[0] == 0 && !keeps_order(from, native) && !node.to.is_parameter(node.input())) {
    node.to.give_flattened(node.node.outputs[0], node.input());
    return {};
  }
  TRY(const std::string x, node.to.in_order(node.input()));
  if (flat) {
    node.give(plain_axes(2), node.emit("Flatten", {x}, {{"axis", int64_t{1}}}));
    return {};
  }
  // Channels can come first at once where that moves no number.
  Axes axes = channels_last_axes(to.rank());
  if (to.rank() != 4 || !keeps_order(to, axes)) axes = plain_axes(to.rank());
  node.give(axes, node.emit("Reshape", {x, node.to.integers(NodeExport::file_dims(to, axes))}));
  return {};
}

Status export_resize(const NodeExport& node) {
  TRY(const OneAxis axis, one_axis(node));
  TRY(const ResizeRule rule, ResizeRule::from_attributes(node.attributes));
  const std::string coordinate = node.attributes.text("coordinate_transformation_mode", "");
  if (rule.coordinate == ResizeRule::Coordinate::kTfHalfPixelForNn) {
    return fail(
        ErrorCode::kUnsupported,
        std::format("Resize with {} has no form in ONNX after operator set 12", coordinate));
  }
  std::vector<FileAttribute> attributes = {{"mode", node.attributes.text("mode", "nearest")},
                                           {"coordinate_transformation_mode", coordinate}};
  if (rule.mode == ResizeRule::Mode::kNearest)
    attributes.push_back({"nearest_mode", node.attributes.text("nearest_mode", "")});
  if (rule.mode == ResizeRule::Mode::kCubic) attributes.push_back({"cubic_coeff_a", rule.cubic});
  if (rule.antialias) attributes.push_back({"antialias", int64_t{1}});
  if (rule.exclude_outside) attributes.push_back({"exclude_outside", int64_t{1}});
  std::vector<std::string> inputs = {axis.x, ""};
  if (rule.coordinate == ResizeRule::Coordinate::kTfCropAndResize) {
    std::vector<float> roi(static_cast<size_t>(2 * axis.rank));
    for (int64_t i = axis.rank; i < 2 * axis.rank; ++i) roi[static_cast<size_t>(i)] = 1;
    roi[static_cast<size_t>(axis.at)] = rule.start;
    roi[static_cast<size_t>(axis.at + axis.rank)] = rule.end;
    inputs[1] = node.to.floats(roi);
  }
  if (rule.size > 0) {
    inputs.push_back("");
    inputs.push_back(node.to.integers(NodeExport::file_dims(node.output_shape(), axis.axes)));
  } else {
    std::vector<float> scales(static_cast<size_t>(axis.rank), 1.0f);
    scales[static_cast<size_t>(axis.at)] = rule.scale;
    inputs.push_back(node.to.floats(scales));
  }
  node.give(axis.axes, node.emit("Resize", std::move(inputs), std::move(attributes)));
  return {};
}

Status export_slice(const NodeExport& node) {
  TRY(const OneAxis axis, one_axis(node));
  TRY(const int64_t begin, node.attributes.integer("begin", 0));
  TRY(const int64_t length, node.attributes.integer("length", 0));
  TRY(const int64_t step, node.attributes.integer("step", 1));
  TRY(const int64_t own, node.attributes.integer("axis", -1));
  int64_t end = begin + length * step;
  // Before the first element: -1 would be the last one.
  if (end < 0) end = -node.shape()[node.axis(own)] - 1;
  std::vector<std::string> inputs = {axis.x, node.to.integers({begin}), node.to.integers({end}),
                                     node.to.integers({axis.at})};
  if (step != 1) inputs.push_back(node.to.integers({step}));
  node.give(axis.axes, node.emit("Slice", std::move(inputs)));
  return {};
}

// Only the axes get other names.
Status export_transpose(const NodeExport& node) {
  TRY(const std::vector<int64_t> permutation, node.attributes.integers("perm", {}));
  const Axes from = node.to.native_axes(node.input());
  TRY(std::string x, node.native());
  Axes axes;
  for (int64_t axis : permutation) axes.push_back(from[static_cast<size_t>(axis)]);
  node.give(std::move(axes), std::move(x));
  return {};
}

}  // namespace convscope::onnx
