#include "onnx/spatial.h"

#include <algorithm>
#include <format>

namespace convscope::onnx {
namespace {

std::string joined(std::span<const int64_t> values) {
  std::string out;
  for (int64_t value : values) out += (out.empty() ? "" : ",") + std::to_string(value);
  return out;
}

// Two numbers, for height and width; a single one belongs to the width of a picture of one row.
Result<std::array<int64_t, 2>> read_pair(const NodeConverter& node, std::string_view name,
                                         std::array<int64_t, 2> fallback) {
  const size_t axes = static_cast<size_t>(node.shape().rank()) - 2;
  if (!node.node.has(name)) return fallback;
  TRY(const auto values, node.node.integers(name, {}));
  if (values.size() != axes)
    return damaged(std::format("{} has {} numbers, want {}", name, values.size(), axes));
  if (axes == 1) return std::array<int64_t, 2>{1, values[0]};
  return std::array<int64_t, 2>{values[0], values[1]};
}

struct Geometry {
  std::array<int64_t, 2> kernel, strides, dilations;
  std::array<int64_t, 4> pads{};  // top, left, bottom, right
};

// SAME_LOWER puts the odd pad in front, which Window cannot say; it is written out for this size.
std::array<int64_t, 4> same_lower_pads(const NodeConverter& node, const Geometry& g) {
  std::array<int64_t, 4> pads{};
  const int rank = node.shape().rank();
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t size =
        rank == 3 ? (axis == 0 ? 1 : node.shape()[2]) : node.shape()[static_cast<int>(axis) + 2];
    const int64_t stride = std::max<int64_t>(g.strides[axis], 1);
    const int64_t outputs = (size + stride - 1) / stride;
    const int64_t extent = (g.kernel[axis] - 1) * g.dilations[axis] + 1;
    const int64_t total = std::max<int64_t>(0, (outputs - 1) * stride + extent - size);
    pads[axis] = total - total / 2;
    pads[axis + 2] = total / 2;
  }
  return pads;
}

Status read_pads(const NodeConverter& node, Geometry& g) {
  const size_t axes = static_cast<size_t>(node.shape().rank()) - 2;
  TRY(const auto pads, node.node.integers("pads", std::vector<int64_t>(axes * 2)));
  if (pads.size() != axes * 2)
    return damaged(std::format("pads has {} numbers, want {}", pads.size(), axes * 2));
  if (axes == 1) {
    g.pads = {0, pads[0], 0, pads[1]};
  } else {
    g.pads = {pads[0], pads[1], pads[2], pads[3]};
  }
  return {};
}

// Strides and dilations small enough that no product of them overflows; the operators check the
// rest.
Status check_small(const Geometry& g) {
  for (const auto& pair : {g.kernel, g.strides, g.dilations}) {
    for (int64_t value : pair) {
      if (value < 1 || value > kMaxWindowExtent) {
        return damaged(
            std::format("its window has the extent {}, want 1 to {}", value, kMaxWindowExtent));
      }
    }
  }
  return {};
}

}  // namespace

Status want_spatial(const NodeConverter& node) {
  const int rank = node.shape().rank();
  if (rank == 3 || rank == 4) return {};
  return unsupported(std::format("its input has {} spatial axes, ConvScope's pictures have 1 or 2",
                                 std::max(0, rank - 2)));
}

Result<ValueId> spatial_form(const NodeConverter& node, size_t i) {
  const int rank = node.shape(i).rank();
  TRY(const ValueId id, node.form(i, channels_last_axes(rank)));
  if (rank == 4) return id;
  const Shape& shape = node.values.shape(id);
  return node.emit(make_reshape({shape[0], 1, shape[1], shape[2]}), {id}, ".row");
}

Status give_spatial(const NodeConverter& node, ValueId id, int rank, ValueIndex output) {
  if (rank == 3) {
    const Shape shape = node.values.shape(id);
    TRY(id, node.emit(make_reshape({shape[0], shape[2], shape[3]}), {id}, ".line"));
  }
  node.give_value(id, channels_last_axes(rank), output < 0 ? node.output() : output);
  return {};
}

Result<Attributes> window_attributes(const NodeConverter& node, std::array<int64_t, 2> kernel,
                                     WindowUse use) {
  Geometry g{.kernel = kernel, .strides = {1, 1}, .dilations = {1, 1}};
  TRY(g.kernel, read_pair(node, "kernel_shape", kernel));
  TRY(g.strides, read_pair(node, "strides", {1, 1}));
  TRY(g.dilations, read_pair(node, "dilations", {1, 1}));
  if (use == WindowUse::kConvolution && g.kernel != kernel)
    return damaged("kernel_shape is not the weight's");
  TRY_STATUS(check_small(g));
  TRY(const std::string_view auto_pad, node.node.text("auto_pad", "NOTSET"));
  Attributes out;
  if (auto_pad == "SAME_UPPER") {
    out.set("auto_pad", "same_upper");
  } else if (auto_pad == "SAME_LOWER") {
    g.pads = same_lower_pads(node, g);
  } else if (auto_pad == "NOTSET") {
    TRY_STATUS(read_pads(node, g));
  } else if (auto_pad != "VALID") {
    return damaged(std::format("auto_pad is '{}'", quotable(auto_pad)));
  }
  out.set("kernel", joined(g.kernel));
  out.set("strides", joined(g.strides));
  if (g.dilations != std::array<int64_t, 2>{1, 1}) out.set("dilations", joined(g.dilations));
  if (g.pads != std::array<int64_t, 4>{}) out.set("pads", joined(g.pads));
  if (use == WindowUse::kConvolution) {
    TRY(const int64_t group, node.node.integer("group", 1));
    out.set("group", std::to_string(group));
    return out;
  }
  TRY(const int64_t ceil_mode, node.node.integer("ceil_mode", 0));
  TRY(const int64_t include_pad, node.node.integer("count_include_pad", 0));
  if (ceil_mode != 0) out.set("ceil_mode", "1");
  if (include_pad != 0) out.set("count_include_pad", "1");
  return out;
}

}  // namespace convscope::onnx
