// Normalisations by the picture's own statistics.
#include <algorithm>

#include "onnx/op_map.h"
#include "ops/normalization.h"

namespace convscope::onnx {
namespace {

// Scale and bias as inputs 1 and 2 in a layout that broadcasts to the result's.
Result<ScaleAndBias> scale_and_bias(const NodeConverter& node, const Axes& axes) {
  ScaleAndBias out;
  if (node.has_input(1)) {
    TRY(out.scale, node.values.broadcast_form(node.input(1), axes));
  }
  if (node.has_input(2)) {
    TRY(out.bias, node.values.broadcast_form(node.input(2), axes));
  }
  return out;
}

// One number for each channel, as our compositions want them; `repeat` times where the file has
// one for each group.
Result<ScaleAndBias> per_channel(const NodeConverter& node, int64_t repeat) {
  ScaleAndBias out;
  for (size_t i : {size_t{1}, size_t{2}}) {
    TRY(HostTensor values, node.constant(i, i == 1 ? "scale" : "bias"));
    TRY(HostTensor repeated, HostTensor::of_floats({values.elements() * repeat}));
    for (int64_t c = 0; c < repeated.elements(); ++c)
      repeated.floats.data()[c] = static_cast<float>(values.number(c / repeat));
    TRY((i == 1 ? out.scale : out.bias), node.parameter(i == 1 ? ".scale" : ".bias", repeated));
  }
  return out;
}

// The second and third output, which training reads: the mean and 1 / √(variance + epsilon).
Status give_statistics(const NodeConverter& node, ValueId x, const Axes& axes,
                       std::span<const int> over, float epsilon) {
  if (node.node.outputs.size() < 2) return {};
  TRY(const ValueId mean, node.emit(make_reduce_mean(over, true), {x}, ".mean"));
  node.give(mean, axes, 1);
  if (node.node.outputs.size() < 3) return {};
  TRY(const ValueId centred, node.emit(make_sub(), {x, mean}, ".centred"));
  TRY(const ValueId squares, node.emit(make_mul(), {centred, centred}, ".squares"));
  TRY(const ValueId variance, node.emit(make_reduce_mean(over, true), {squares}, ".variance"));
  TRY(const ValueId shifted, node.emit(make_affine(1, epsilon), {variance}, ".shifted"));
  TRY(const ValueId deviation, node.emit(make_sqrt(), {shifted}, ".deviation"));
  TRY(const ValueId inverse, node.emit(make_reciprocal(), {deviation}, ".inverse"));
  node.give(inverse, axes, 2);
  return {};
}

}  // namespace

Status convert_layer_normalization(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  TRY_STATUS(node.want_floats());
  const int rank = node.shape().rank();
  TRY(const int first, node.view.axis(-1, rank));
  TRY(const float epsilon, node.node.number("epsilon", 1e-5f));
  const Axes axes = node.native_axes();
  std::vector<int> over;
  for (int axis = first; axis < rank; ++axis) over.push_back(stored_axis(axes, axis));
  TRY(const ValueId x, node.native());
  TRY(const ScaleAndBias after, scale_and_bias(node, axes));
  TRY(const ValueId y,
      add_layer_normalization(node.values.builder(), x, over, epsilon, after, node.node.label()));
  node.give(y, axes);
  return give_statistics(node, x, axes, over, epsilon);
}

Status convert_instance_normalization(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(3));
  TRY_STATUS(node.want_floats());
  const int rank = node.shape().rank();
  if (rank < 3) return damaged("its input has no places");
  TRY(const float epsilon, node.node.number("epsilon", 1e-5f));
  const Axes axes = channels_last_axes(rank);
  TRY(const ValueId x, node.form(0, axes));
  TRY(const ScaleAndBias after, per_channel(node, 1));
  TRY(const ValueId y,
      add_instance_normalization(node.values.builder(), x, epsilon, after, node.node.label()));
  node.give(y, axes);
  return {};
}

Status convert_group_normalization(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(3));
  TRY_STATUS(node.want_floats());
  if (node.shape().rank() != 4) return unsupported("its input is no picture");
  TRY(const int64_t groups, node.node.integer("num_groups", 0));
  TRY(const float epsilon, node.node.number("epsilon", 1e-5f));
  const int64_t channels = node.shape()[1];
  if (groups < 1 || channels % groups != 0) return damaged("its groups do not divide the channels");
  // Before operator set 21 scale and bias were one number for each group.
  const bool by_group = node.shape(1).elements() == groups && groups != channels;
  const Axes axes = channels_last_axes(4);
  TRY(const ValueId x, node.form(0, axes));
  TRY(const ScaleAndBias after, per_channel(node, by_group ? channels / groups : 1));
  TRY(const ValueId y,
      add_group_normalization(node.values.builder(), x, groups, epsilon, after, node.node.label()));
  node.give(y, axes);
  return {};
}

// arXiv:1811.06965 and older: (x − mean) / deviation over the batch and all places.
Status convert_mean_variance_normalization(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  constexpr float kEpsilon = 1e-9f;
  TRY(const auto over, node.view.axes(1, node.shape().rank(), {0, 2, 3}));
  const Axes axes = node.native_axes();
  std::vector<int> stored;
  for (int axis : over) {
    if (axis >= node.shape().rank()) return damaged("it names an axis that is not there");
    stored.push_back(stored_axis(axes, axis));
  }
  TRY(const ValueId x, node.native());
  TRY(const ValueId y,
      add_layer_normalization(node.values.builder(), x, stored, kEpsilon, {}, node.node.label()));
  node.give(y, axes);
  return {};
}

Status convert_lrn(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  TRY(const int64_t size, node.node.integer("size", 0));
  TRY(const float alpha, node.node.number("alpha", 1e-4f));
  TRY(const float beta, node.node.number("beta", 0.75f));
  TRY(const float bias, node.node.number("bias", 1));
  if (node.shape().rank() < 2) return damaged("its input has no channels");
  const Axes axes = channels_last_axes(node.shape().rank());
  TRY(const ValueId x, node.form(0, axes));
  TRY(const ValueId y, add_local_response_normalization(node.values.builder(), x, size, alpha, beta,
                                                        bias, node.node.label()));
  node.give(y, axes);
  return {};
}

}  // namespace convscope::onnx
