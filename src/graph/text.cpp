#include <string>

#include "graph/graph.h"

namespace convscope {
namespace {

std::string value_text(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  const bool named = value.kind == ValueKind::kInput || value.kind == ValueKind::kParameter;
  return named ? "%" + value.name : "%" + std::to_string(id.index);
}

}  // namespace

std::string graph_text(const Graph& graph) {
  std::string out;
  for (ValueId id : graph.inputs())
    out += "input %" + graph.value(id).name + " : " + graph.shape(id).text() + "\n";
  for (const Node& node : graph.nodes()) {
    for (size_t i = 0; i < node.outputs.size(); ++i)
      out += (i > 0 ? ", " : "") + value_text(graph, node.outputs[i]);
    out += " = " + op_text(*node.op);
    for (ValueId id : node.inputs) out += " " + value_text(graph, id);
    out += " : " + graph.shape(node.outputs[0]).text() + "  # " + node.origin + "\n";
  }
  return out;
}

std::string graph_dot(const Graph& graph) {
  std::string out = "digraph convscope {\n  node [shape=box];\n";
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    out += "  n" + std::to_string(i) + " [label=\"" + node.origin + "\\n" + op_text(*node.op) +
           "\\n" + graph.shape(node.outputs[0]).text() + "\"];\n";
    for (ValueId id : node.inputs) {
      const NodeId producer = graph.value(id).producer;
      if (producer.valid())
        out += "  n" + std::to_string(producer.index) + " -> n" + std::to_string(i) + ";\n";
    }
  }
  return out + "}\n";
}

}  // namespace convscope
