// Convolution, with the normalisation that follows it folded into its weights.
#include <algorithm>
#include <format>

#include "onnx/op_map.h"
#include "onnx/per_channel.h"
#include "onnx/spatial.h"

namespace convscope::onnx {
namespace {

// O×I×H×W (or O×I×L) as O×H×W×I; for a transposed convolution I and O change places.
Result<HostTensor> channels_last_weight(const NodeConverter& node, int rank) {
  TRY(HostTensor weight, node.constant(1, "weight"));
  const Shape& w = weight.shape;
  if (w.rank() != rank)
    return damaged(std::format("its weight is {} and its input {}", w.text(), node.shape().text()));
  if (rank == 3) weight = weight.reshaped({w[0], w[1], 1, w[2]});
  return transposed(weight, channels_last_axes(4));
}

struct TransposeGeometry {
  std::array<int64_t, 4> pads{};  // top, left, bottom, right
  std::array<int64_t, 2> output_padding{};
};

std::array<int64_t, 2> as_pair(const std::vector<int64_t>& values, int64_t for_one) {
  return values.size() == 1 ? std::array<int64_t, 2>{for_one, values[0]}
                            : std::array<int64_t, 2>{values[0], values[1]};
}

// The pads that give output_shape, or with auto_pad=SAME_… the input's size times the stride.
Status pads_for_output(const NodeConverter& node, const Window& window, TransposeGeometry& g) {
  const int rank = node.shape().rank();
  TRY(const std::string_view auto_pad, node.node.text("auto_pad", "NOTSET"));
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  const auto spatial = static_cast<size_t>(rank) - 2;
  TRY(auto sizes, node.node.integers("output_shape", {}));
  if (sizes.empty() && !same) return {};
  // Some exporters write N and C too.
  if (sizes.size() == spatial + 2) sizes.erase(sizes.begin(), sizes.begin() + 2);
  if (!sizes.empty() && sizes.size() != spatial)
    return damaged("output_shape is not one size for each axis");
  for (size_t axis = rank == 3 ? 1 : 0; axis < 2; ++axis) {
    const int64_t in = node.shape()[static_cast<int>(axis) + (rank == 3 ? 1 : 2)];
    const int64_t extent = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    const int64_t want = sizes.empty() ? in * window.strides[axis] : sizes[rank == 3 ? 0 : axis];
    if (want < 1 || want > kMaxTensorElements) return damaged("output_shape cannot be");
    const int64_t total = window.strides[axis] * (in - 1) + g.output_padding[axis] + extent - want;
    if (total < 0) g.output_padding[axis] -= total;
    const int64_t pads = std::max<int64_t>(total, 0), small = pads / 2;
    g.pads[axis] = auto_pad == "SAME_UPPER" ? small : pads - small;
    g.pads[axis + 2] = pads - g.pads[axis];
  }
  return {};
}

}  // namespace

Status convert_conv(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  TRY_STATUS(node.want_floats());
  const int rank = node.shape().rank();
  TRY_STATUS(want_spatial(node));
  TRY(HostTensor weight, channels_last_weight(node, rank));
  const int64_t outputs = weight.shape[0];
  if (weight.elements() == 0) return damaged("its weight has no elements");
  TRY(const Attributes window,
      window_attributes(node, {weight.shape[1], weight.shape[2]}, WindowUse::kConvolution));
  PerChannel affine(outputs);
  if (node.has_input(2)) {
    TRY(const HostTensor bias, node.constant(2, "bias"));
    TRY_STATUS(affine.add(bias, "bias"));
  }
  const Followers followers = absorb_followers(node, 1, rank, affine);
  affine.scale_rows(weight);
  TRY(const ValueId x, spatial_form(node, 0));
  TRY(const ValueId w, node.parameter(".weight", weight));
  ValueId y;
  if (node.has_input(2) || followers.count > 0) {
    TRY(const HostTensor shift, affine.shift_tensor());
    TRY(const ValueId bias, node.parameter(".bias", shift));
    TRY(y, node.emit(make_op("Conv", window), {x, w, bias}));
  } else {
    TRY(y, node.emit(make_op("Conv", window), {x, w}));
  }
  return give_spatial(node, y, rank, followers.output);
}

Status convert_conv_transpose(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  TRY_STATUS(node.want_floats());
  TRY_STATUS(want_spatial(node));
  const int rank = node.shape().rank();
  TRY(HostTensor weight, channels_last_weight(node, rank));
  if (weight.elements() == 0) return damaged("its weight has no elements");
  TRY(const Attributes attributes,
      window_attributes(node, {weight.shape[1], weight.shape[2]}, WindowUse::kConvolution));
  TRY(Window window, Window::from_attributes(attributes));
  TRY(const int64_t group, node.node.integer("group", 1));
  if (group < 1 || weight.shape[0] % group != 0) return damaged("its groups do not fit its weight");
  TransposeGeometry g{
      .pads = {window.pads.top, window.pads.left, window.pads.bottom, window.pads.right}};
  TRY(const auto padding,
      node.node.integers("output_padding", std::vector<int64_t>(static_cast<size_t>(rank) - 2)));
  if (padding.size() != static_cast<size_t>(rank) - 2)
    return damaged("output_padding is not one number for each axis");
  g.output_padding = as_pair(padding, 0);
  TRY_STATUS(pads_for_output(node, window, g));
  window.same_upper = false;
  window.pads = {g.pads[0], g.pads[1], g.pads[2], g.pads[3]};

  const int64_t part = weight.shape[3], inputs = weight.shape[0];
  PerChannel affine(part * group);
  if (node.has_input(2)) {
    TRY(const HostTensor bias, node.constant(2, "bias"));
    TRY_STATUS(affine.add(bias, "bias"));
  }
  const Followers followers = absorb_followers(node, 1, rank, affine);
  const int64_t each = weight.elements() / inputs;
  for (int64_t i = 0; i < weight.elements(); ++i) {
    const int64_t output = i / each / (inputs / group) * part + i % part;
    weight.floats.data()[i] *= static_cast<float>(affine.scale[static_cast<size_t>(output)]);
  }
  TRY(const ValueId x, spatial_form(node, 0));
  TRY(const ValueId w, node.parameter(".weight", weight));
  TRY(const HostTensor shift, affine.shift_tensor());
  TRY(const ValueId bias, node.parameter(".bias", shift));
  TRY(const ValueId y,
      node.emit(make_conv_transpose(window, group, g.output_padding), {x, w, bias}));
  return give_spatial(node, y, rank, followers.output);
}

Status convert_batch_normalization(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(5));
  TRY_STATUS(node.want_floats());
  const int rank = node.shape().rank();
  if (rank < 2) return damaged("its input has no channels");
  PerChannel affine(node.shape()[1]);
  TRY_STATUS(affine.normalise(node));
  const Axes axes = node.native_axes();
  const int channel = stored_axis(axes, 1);
  std::vector<int64_t> dims = {node.shape()[1]};
  dims.resize(static_cast<size_t>(rank - channel), 1);
  TRY(const HostTensor scale, affine.scale_tensor());
  TRY(const HostTensor shift, affine.shift_tensor());
  TRY(const ValueId x, node.native());
  TRY(const ValueId s, node.parameter(".scale", scale.reshaped(Shape(dims))));
  TRY(const ValueId t, node.parameter(".shift", shift.reshaped(Shape(dims))));
  TRY(const ValueId scaled, node.emit(make_mul(), {x, s}, ".scaled"));
  TRY(const ValueId y, node.emit(make_add(), {scaled, t}));
  node.give(y, axes);
  return {};
}

}  // namespace convscope::onnx
