// Softmax and LogSoftmax.
#include "onnx/op_map.h"

namespace convscope::onnx {
namespace {

// Before operator set 13 all axes from the given one on were one.
bool joins_axes(const NodeConverter& node, int axis) {
  if (node.view.opset >= 13) return false;
  for (int i = axis + 1; i < node.shape().rank(); ++i) {
    if (node.shape()[i] != 1) return true;
  }
  return false;
}

}  // namespace

Status convert_softmax(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  const int rank = node.shape().rank();
  TRY(const int axis, node.view.axis(node.view.opset < 13 ? 1 : -1, rank));
  const std::string kind(node.node.op_type);
  Attributes attributes;
  if (!joins_axes(node, axis)) {
    const Axes axes = node.native_axes();
    attributes.set("axis", std::to_string(stored_axis(axes, axis)));
    TRY(const ValueId x, node.native());
    TRY(const ValueId y, node.emit(make_op(kind, attributes), {x}));
    node.give(y, axes);
    return {};
  }
  attributes.set("axis", "-1");
  TRY(const ValueId x, node.form(0, plain_axes(rank)));
  TRY(const ValueId flat, node.emit(make_flatten(axis), {x}, ".flattened"));
  TRY(const ValueId made, node.emit(make_op(kind, attributes), {flat}, ".flat"));
  TRY(const ValueId y, node.emit(make_reshape(node.shape()), {made}));
  node.give(y, plain_axes(rank));
  return {};
}

}  // namespace convscope::onnx
