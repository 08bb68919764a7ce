#include "onnx/fold.h"

#include <algorithm>

namespace convscope::onnx {

Result<Folded> fold_node(const NodeView& view) {
  const std::string_view op = view.node->op_type;
  const bool needs_shapes_alone = op == "Shape" || op == "Size";
  for (size_t i = 0; i < view.node->inputs.size() && !needs_shapes_alone; ++i) {
    if (view.has_input(i) && view.constant(i) == nullptr) return std::nullopt;
  }
  FoldFunction fold = elementwise_fold(op);
  if (fold == nullptr) fold = shape_fold(op);
  if (fold == nullptr) return std::nullopt;
  TRY(auto outputs, fold(view));
  return outputs;
}

}  // namespace convscope::onnx
