// Operators that pick, repeat, frame or enlarge: along one axis after the other, in the layout in
// which their input stands.
#include <algorithm>
#include <cmath>
#include <format>

#include "onnx/op_map.h"

namespace convscope::onnx {
namespace {

// Indices that a single operator may pick: more are data, not architecture.
constexpr int64_t kMaxIndices = 1 << 20;

Result<PadMode> pad_mode(const NodeConverter& node) {
  TRY(const std::string_view mode, node.node.text("mode", "constant"));
  if (mode == "constant") return PadMode::kConstant;
  if (mode == "reflect") return PadMode::kReflect;
  if (mode == "edge") return PadMode::kEdge;
  if (mode == "wrap") return PadMode::kWrap;
  return unsupported(
      std::format("its mode is '{}', want constant, reflect, edge or wrap", quotable(mode)));
}

// Pads for each axis of the input: before, after.
Result<std::vector<std::array<int64_t, 2>>> read_pads(const NodeConverter& node) {
  const int rank = node.shape().rank();
  const bool old = node.node.has("paddings");
  TRY(const auto pads, node.view.integers(old ? "paddings" : "pads", 1, {}));
  TRY(const auto axes, node.view.axes(3, rank, all_axes(rank)));
  if (pads.size() != axes.size() * 2)
    return damaged(std::format("it has {} pads, want {}", pads.size(), axes.size() * 2));
  std::vector<std::array<int64_t, 2>> out(static_cast<size_t>(rank));
  for (size_t i = 0; i < axes.size(); ++i)
    out[static_cast<size_t>(axes[i])] = {pads[i], pads[i + axes.size()]};
  return out;
}

// Indices 0 … extent − 1, `repeats` times over.
std::vector<int64_t> repeated(int64_t extent, int64_t repeats) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < extent * repeats; ++i) out.push_back(i % extent);
  return out;
}

// What Resize says of each axis: a scale or a size (0: none).
struct AxisSize {
  float scale = 1;
  int64_t size = 0;
};

// Resize 18: one scale for all axes that are named, the largest or smallest at which the picture
// stays within, or covers, the sizes.
Status keep_aspect_ratio(const NodeConverter& node, std::span<const int> axes,
                         std::vector<int64_t>& sizes) {
  TRY(const std::string_view policy, node.node.text("keep_aspect_ratio_policy", "stretch"));
  if (policy == "stretch") return {};
  const bool not_larger = policy == "not_larger";
  double scale = not_larger ? HUGE_VAL : 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    const double own = static_cast<double>(sizes[i]) / static_cast<double>(node.shape()[axes[i]]);
    scale = not_larger ? std::min(scale, own) : std::max(scale, own);
  }
  for (size_t i = 0; i < axes.size(); ++i) {
    const double size = std::floor(scale * static_cast<double>(node.shape()[axes[i]]) + 0.5);
    if (!(size >= 0 && size <= static_cast<double>(kMaxTensorElements)))
      return damaged("it wants a size that cannot be");
    sizes[i] = static_cast<int64_t>(size);
  }
  return {};
}

Result<std::vector<AxisSize>> read_sizes(const NodeConverter& node) {
  const int rank = node.shape().rank();
  const bool upsample = node.node.op_type == "Upsample", old = node.view.opset < 11;
  TRY(const auto axes, node.view.axes(SIZE_MAX, rank, all_axes(rank)));
  std::vector<AxisSize> out(static_cast<size_t>(rank));
  const size_t scales_at = upsample || old ? 1 : 2;
  std::vector<float> scales;
  if (const AttributeProto* attribute = node.node.find("scales")) {
    scales = attribute->floats;
  } else {
    TRY(scales, node.view.numbers(scales_at, "scales"));
  }
  std::vector<int64_t> sizes;
  if (!upsample && !old) {
    TRY(sizes, node.view.integers("sizes", 3, {}));
  }
  if ((scales.empty() ? sizes.size() : scales.size()) != axes.size())
    return damaged("its scales or sizes are not one for each axis");
  if (scales.empty()) TRY_STATUS(keep_aspect_ratio(node, axes, sizes));
  for (size_t i = 0; i < axes.size(); ++i) {
    AxisSize& axis = out[static_cast<size_t>(axes[i])];
    if (scales.empty()) {
      axis.size = sizes[i];
    } else {
      axis.scale = scales[i];
    }
  }
  return out;
}

// tf_crop_and_resize: the part of each axis that is resized, 0 its first sample and 1 its last.
struct Region {
  float start = 0, end = 1;
  bool operator==(const Region&) const = default;
};

Result<std::vector<Region>> read_regions(const NodeConverter& node) {
  const int rank = node.shape().rank();
  std::vector<Region> out(static_cast<size_t>(rank));
  TRY(const std::string_view coordinate, node.node.text("coordinate_transformation_mode", ""));
  if (coordinate != "tf_crop_and_resize") return out;
  TRY(const auto axes, node.view.axes(SIZE_MAX, rank, all_axes(rank)));
  TRY(const auto roi, node.view.numbers(1, "roi"));
  if (roi.size() != 2 * axes.size())
    return damaged("its region is not a start and an end for each axis");
  for (size_t i = 0; i < axes.size(); ++i)
    out[static_cast<size_t>(axes[i])] = {roi[i], roi[i + axes.size()]};
  return out;
}

Result<Attributes> resize_attributes(const NodeConverter& node) {
  Attributes out;
  TRY(const std::string_view mode, node.node.text("mode", "nearest"));
  out.set("mode", mode == "bilinear" ? "linear" : quotable(mode));
  if (node.view.opset < 11 || node.node.op_type == "Upsample") {
    out.set("coordinate_transformation_mode", "asymmetric");
    out.set("nearest_mode", "floor");
    return out;
  }
  for (std::string_view name : {"antialias", "exclude_outside"}) {
    TRY(const int64_t on, node.node.integer(name, 0));
    if (on != 0) out.set(std::string(name), "1");
  }
  for (std::string_view name : {"coordinate_transformation_mode", "nearest_mode"}) {
    TRY(const std::string_view text, node.node.text(name, ""));
    if (!text.empty()) out.set(std::string(name), quotable(text));
  }
  TRY(const float cubic, node.node.number("cubic_coeff_a", -0.75f));
  out.set("cubic_coeff_a", std::format("{}", cubic));
  return out;
}

}  // namespace

Status convert_pad(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats(1));
  TRY(const PadMode mode, pad_mode(node));
  TRY(const auto pads, read_pads(node));
  TRY(const float value, node.view.number("value", 2, 0));
  const Axes axes = node.native_axes();
  TRY(ValueId x, node.native());
  for (int axis = 0; axis < node.shape().rank(); ++axis) {
    const auto [before, after] = pads[static_cast<size_t>(axis)];
    const int stored = stored_axis(axes, axis);
    if (before < 0 || after < 0) {  // a crop
      const int64_t begin = std::max<int64_t>(-before, 0), end = std::max<int64_t>(-after, 0);
      if (begin > kMaxTensorElements || end > kMaxTensorElements) return damaged("it crops all");
      TRY(x, node.emit(make_slice(stored, begin, node.shape()[axis] - begin - end), {x}));
    }
    if (before > 0 || after > 0) {
      TRY(x, node.emit(make_pad(stored, std::max<int64_t>(before, 0), std::max<int64_t>(after, 0),
                                mode, value),
                       {x}));
    }
  }
  node.give(x, axes);
  return {};
}

Status convert_gather(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  TRY_STATUS(node.want_floats(1));
  TRY(const int axis, node.view.axis(0, node.shape().rank()));
  TRY(const auto indices, node.view.integers("", 1, {}));
  if (static_cast<int64_t>(indices.size()) > kMaxIndices) return unsupported("it picks too many");
  const Shape shape = node.shape(), picked = node.shape(1);
  const Axes axes = picked.rank() == 1 ? node.native_axes() : plain_axes(shape.rank());
  TRY(const ValueId x, node.form(0, axes));
  TRY(ValueId y, node.emit(make_gather(stored_axis(axes, axis), indices), {x}));
  if (picked.rank() == 1) {
    node.give(y, axes);
    return {};
  }
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().begin() + axis);
  dims.insert(dims.end(), picked.dims().begin(), picked.dims().end());
  dims.insert(dims.end(), shape.dims().begin() + axis + 1, shape.dims().end());
  TRY(const Shape to, checked_shape(dims, "its result"));
  TRY(y, node.emit(make_reshape(to), {y}, ".reshaped"));
  node.give(y, plain_axes(to.rank()));
  return {};
}

Status convert_tile(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  TRY_STATUS(node.want_floats(1));
  TRY(const auto repeats, node.view.integers("repeats", 1, {}));
  if (repeats.size() != static_cast<size_t>(node.shape().rank()))
    return damaged("it does not repeat every axis");
  const Axes axes = node.native_axes();
  TRY(ValueId x, node.native());
  for (int axis = 0; axis < node.shape().rank(); ++axis) {
    const int64_t times = repeats[static_cast<size_t>(axis)], extent = node.shape()[axis];
    if (times == 1) continue;
    if (times < 1 || times > kMaxIndices / extent)
      return unsupported(std::format("it repeats an axis {} times", times));
    TRY(x, node.emit(make_gather(stored_axis(axes, axis), repeated(extent, times)), {x}));
  }
  node.give(x, axes);
  return {};
}

Status convert_depth_to_space(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  if (node.shape().rank() != 4) return damaged("its input is no picture");
  TRY(const int64_t block, node.node.integer("blocksize", 0));
  TRY(const std::string_view mode, node.node.text("mode", "DCR"));
  const Axes axes = channels_last_axes(4);
  TRY(const ValueId x, node.form(0, axes));
  const auto make = node.node.op_type == "DepthToSpace" ? make_depth_to_space : make_space_to_depth;
  TRY(const ValueId y, node.emit(make(block, mode == "CRD"), {x}));
  node.give(y, axes);
  return {};
}

Status convert_resize(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats(1));
  TRY(Attributes attributes, resize_attributes(node));
  TRY(const auto sizes, read_sizes(node));
  TRY(const auto regions, read_regions(node));
  // What Resize finds beyond an axis is 0; moved by `beyond`, and back, it is that.
  TRY(const float beyond, node.node.number("extrapolation_value", 0));
  const bool is_moved =
      beyond != 0 && std::ranges::any_of(regions, [](Region r) { return r != Region{}; });
  const Axes axes = node.native_axes();
  TRY(ValueId x, node.native());
  if (is_moved) {
    TRY(x, node.emit(make_affine(1, -beyond), {x}));
  }
  for (int axis = 0; axis < node.shape().rank(); ++axis) {
    const AxisSize& to = sizes[static_cast<size_t>(axis)];
    const Region& region = regions[static_cast<size_t>(axis)];
    const bool same_size = to.size == node.shape()[axis] || (to.size == 0 && to.scale == 1);
    if (same_size && region == Region{}) continue;
    if (to.size < 0 || !(to.scale > 0) || !std::isfinite(to.scale))
      return damaged("it wants a size that cannot be");
    attributes.set("scale", std::format("{}", to.scale));
    attributes.set("size", std::to_string(to.size));
    if (region != Region{}) {
      attributes.set("start", std::format("{}", region.start));
      attributes.set("end", std::format("{}", region.end));
    }
    TRY(const ResizeRule rule, ResizeRule::from_attributes(attributes));
    TRY(x, node.emit(make_resize(stored_axis(axes, axis), rule), {x}));
  }
  if (is_moved) {
    TRY(x, node.emit(make_affine(1, beyond), {x}));
  }
  node.give(x, axes);
  return {};
}

}  // namespace convscope::onnx
