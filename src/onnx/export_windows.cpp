// Convolutions and poolings: N×C×H×W, weights O×I×KH×KW.
#include "onnx/export_node.h"

namespace convscope::onnx {
namespace {

std::vector<int64_t> pair(const std::array<int64_t, 2>& values) { return {values[0], values[1]}; }

// The attributes that Conv, ConvTranspose and the poolings share; what ONNX takes for granted is
// left out.
std::vector<FileAttribute> window_attributes(const Window& window) {
  std::vector<FileAttribute> out = {{"kernel_shape", pair(window.kernel)},
                                    {"strides", pair(window.strides)}};
  if (window.dilations != std::array<int64_t, 2>{1, 1})
    out.push_back({"dilations", pair(window.dilations)});
  if (window.same_upper) {
    out.push_back({"auto_pad", std::string("SAME_UPPER")});
  } else if (window.pads.any()) {
    const Pads& p = window.pads;
    out.push_back({"pads", std::vector<int64_t>{p.top, p.left, p.bottom, p.right}});
  }
  return out;
}

// Under ceil_mode the operator set that is written counts a last window that begins behind the
// picture, which we drop, as PyTorch and newer sets do. Rounded down, or with less padding there,
// it does not exist.
void drop_last_window(Window& window, int64_t height, int64_t width) {
  const std::array<int64_t, 2> outputs = window.output_size(height, width);
  const std::array<int64_t, 2> input_and_begin = {height + window.pads.top,
                                                  width + window.pads.left};
  const std::array<int64_t*, 2> ends = {&window.pads.bottom, &window.pads.right};
  Window rounded_down = window;
  rounded_down.ceil_mode = false;
  const bool is_same = rounded_down.output_size(height, width) == outputs;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t extent = window.geometry(height, width).extent(axis);
    const int64_t covered = (outputs[axis] - 1) * window.strides[axis] + extent;
    if (covered >= input_and_begin[axis] + *ends[axis]) continue;  // nothing was dropped
    if (is_same) {
      window.ceil_mode = false;
    } else {
      *ends[axis] = std::max<int64_t>(0, covered - input_and_begin[axis]);
    }
  }
}

// A weight or, for ConvTranspose, one whose first axis is the input's: both have channels last.
Result<std::string> weight(const NodeExport& node) {
  return node.to.form(node.input(1), channels_last_axes(4));
}

Status export_convolution(const NodeExport& node, std::string op_type,
                          std::vector<FileAttribute> attributes) {
  TRY(const int64_t group, node.attributes.integer("group", 1));
  if (group != 1) attributes.push_back({"group", group});
  std::vector<std::string> inputs(node.node.inputs.size());
  TRY(inputs[0], node.to.form(node.input(), channels_last_axes(4)));
  TRY(inputs[1], weight(node));
  if (inputs.size() == 3) {
    TRY(inputs[2], node.to.form(node.input(2), plain_axes(1)));
  }
  node.give(channels_last_axes(4),
            node.emit(std::move(op_type), std::move(inputs), std::move(attributes)));
  return {};
}

}  // namespace

Status export_conv(const NodeExport& node) {
  TRY(const Window window, Window::from_attributes(node.attributes));
  return export_convolution(node, "Conv", window_attributes(window));
}

Status export_conv_transpose(const NodeExport& node) {
  TRY(const Window window, Window::from_attributes(node.attributes));
  std::vector<FileAttribute> attributes = window_attributes(window);
  if (node.attributes.has("output_padding")) {
    TRY(std::vector<int64_t> padding, node.attributes.integers("output_padding", {}));
    attributes.push_back({"output_padding", std::move(padding)});
  }
  return export_convolution(node, "ConvTranspose", std::move(attributes));
}

Status export_pool(const NodeExport& node) {
  TRY(Window window, Window::from_attributes(node.attributes));
  if (window.ceil_mode && !window.same_upper)
    drop_last_window(window, node.shape()[1], node.shape()[2]);
  std::vector<FileAttribute> attributes = window_attributes(window);
  if (window.ceil_mode) attributes.push_back({"ceil_mode", int64_t{1}});
  if (window.count_include_pad) attributes.push_back({"count_include_pad", int64_t{1}});
  TRY(const std::string x, node.to.form(node.input(), channels_last_axes(4)));
  node.give(channels_last_axes(4),
            node.emit(std::string(node.node.op->kind()), {x}, std::move(attributes)));
  return {};
}

Status export_global_pool(const NodeExport& node) {
  TRY(const std::string x, node.to.form(node.input(), channels_last_axes(4)));
  node.give(channels_last_axes(4), node.emit("GlobalAveragePool", {x}));
  return {};
}

Status export_depth_to_space(const NodeExport& node) {
  const bool to_depth = node.node.op->kind() == "SpaceToDepth";
  const std::string mode = node.attributes.text("mode", "DCR");
  if (to_depth && mode != "DCR") {
    return fail(ErrorCode::kUnsupported, "SpaceToDepth of mode " + mode +
                                             " has no form in the operator set that is written");
  }
  TRY(const int64_t block, node.attributes.integer("blocksize", 1));
  std::vector<FileAttribute> attributes = {{"blocksize", block}};
  if (!to_depth) attributes.push_back({"mode", mode});
  TRY(const std::string x, node.to.form(node.input(), channels_last_axes(4)));
  node.give(channels_last_axes(4),
            node.emit(std::string(node.node.op->kind()), {x}, std::move(attributes)));
  return {};
}

}  // namespace convscope::onnx
