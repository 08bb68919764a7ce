// From the bytes of an ONNX file to one of our graphs.
//
// ONNX 1.0 to the newest operator set (onnx.ai, "ONNX Concepts"). What is known at import is
// computed at import; what cannot run is listed at once, node by node.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "onnx/host_tensor.h"
#include "onnx/values.h"

namespace convscope::onnx {

// Height and width of a picture where the file leaves them open and nobody chose.
inline constexpr int64_t kDefaultSide = 224;

struct ImportOptions {
  // Height and width for inputs of rank 4 that leave them open.
  int64_t side = kDefaultSide;
  // Shapes of graph inputs in ONNX's axis order, by name, in the place of the file's.
  std::map<std::string, Shape, std::less<>> input_shapes;
  // Graph inputs that are constants, by name.
  std::map<std::string, HostTensor, std::less<>> constants;
  // Numbers that folding may make in all.
  int64_t folded_elements = kMaxFoldedElements;
};

// An input or output of the graph and how it stands in ours: axis i of the value is ONNX's axis
// axes[i]. A constant output has numbers and no value.
struct Port {
  std::string name;
  Shape shape;  // in ONNX's axis order
  Axes axes;
  ValueId value;
  std::optional<HostTensor> constant;
};

struct UnsupportedNode {
  std::string name, op_type;
  std::string reason, reason_zh;  // in English and Chinese
};

struct ImportedGraph {
  Graph graph;
  Parameters parameters;
  std::vector<Port> inputs, outputs;
  int64_t opset = 0;
  std::string producer;
  std::map<std::string, std::string, std::less<>> metadata;
};

// The error names the first nodes that cannot run and how many there are; all of them are appended
// to `unsupported`, if given.
Result<ImportedGraph> import_onnx(Bytes file, const ImportOptions& options = {},
                                  std::vector<UnsupportedNode>* unsupported = nullptr);

}  // namespace convscope::onnx
