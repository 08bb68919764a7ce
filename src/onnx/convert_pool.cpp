// Pooling over windows and over whole pictures.
#include "onnx/op_map.h"
#include "onnx/spatial.h"

namespace convscope::onnx {

Status convert_pool(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  TRY_STATUS(want_spatial(node));
  if (node.node.outputs.size() > 1 && !node.node.outputs[1].empty())
    return unsupported("its second output, the places of the maxima, is used");
  TRY(const Attributes window, window_attributes(node, {0, 0}, WindowUse::kPooling));
  TRY(const ValueId x, spatial_form(node, 0));
  TRY(const ValueId y, node.emit(make_op(node.node.op_type, window), {x}));
  return give_spatial(node, y, node.shape().rank());
}

Status convert_global_pool(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  TRY_STATUS(want_spatial(node));
  TRY(const ValueId x, spatial_form(node, 0));
  const int places[] = {1, 2};
  TRY(const ValueId y,
      node.emit(node.node.op_type == "GlobalMaxPool" ? make_reduce_max(places, true)
                                                     : make_global_average_pool(),
                {x}));
  return give_spatial(node, y, node.shape().rank());
}

}  // namespace convscope::onnx
