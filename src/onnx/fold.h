// Evaluation of nodes whose inputs are known at import: shape arithmetic, mostly, so that a graph
// exported with dynamic axes works once the picture's size is chosen.
#pragma once

#include <optional>
#include <vector>

#include "onnx/node_view.h"

namespace convscope::onnx {

// The node's outputs; nothing where it is not of a kind that is evaluated here, or where not all
// of its inputs are known (Shape and Size need none of them). Errors are those of wrong arguments.
using Folded = std::optional<std::vector<HostTensor>>;
Result<Folded> fold_node(const NodeView& view);

// Internal to folding: element by element (fold_elementwise.cpp), and moving or counting elements
// (fold_shape.cpp). Null where the operator is not of that kind.
using FoldFunction = Result<std::vector<HostTensor>> (*)(const NodeView&);
FoldFunction elementwise_fold(std::string_view op_type);
FoldFunction shape_fold(std::string_view op_type);

}  // namespace convscope::onnx
