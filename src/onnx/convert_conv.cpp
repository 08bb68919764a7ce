// Convolution, with the normalisation that follows it folded into its weights.
#include <cmath>
#include <format>

#include "onnx/op_map.h"
#include "onnx/per_channel.h"
#include "onnx/spatial.h"

namespace convscope::onnx {
namespace {

// O×I×H×W (or O×I×L) as O×H×W×I.
Result<HostTensor> ohwi_weight(const NodeConverter& node, int rank) {
  TRY(HostTensor weight, node.constant(1, "weight"));
  const Shape& w = weight.shape;
  if (w.rank() != rank)
    return damaged(std::format("its weight is {} and its input {}", w.text(), node.shape().text()));
  if (rank == 3) weight = weight.reshaped({w[0], w[1], 1, w[2]});
  return transposed(weight, channels_last_axes(4));
}

// Multiplies the weights of each output by its scale.
void scale_outputs(HostTensor& weight, const PerChannel& affine) {
  const int64_t outputs = weight.shape[0], each = weight.elements() / outputs;
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t i = 0; i < each; ++i)
      weight.floats.data()[o * each + i] *=
          static_cast<float>(affine.scale[static_cast<size_t>(o)]);
  }
}

}  // namespace

Status convert_conv(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  TRY_STATUS(node.want_floats());
  const int rank = node.shape().rank();
  TRY_STATUS(want_spatial(node));
  TRY(HostTensor weight, ohwi_weight(node, rank));
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
  scale_outputs(weight, affine);
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
