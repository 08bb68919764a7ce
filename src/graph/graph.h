// Graph: the only intermediate representation. Forward, backward and every explanation are graphs.
#pragma once

#include <initializer_list>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/op.h"

namespace convscope {

enum class ValueKind : uint8_t { kInput, kParameter, kActivation, kCotangent };

struct Value {
  Shape shape;
  ValueKind kind = ValueKind::kActivation;
  std::string name;
  NodeId producer;         // invalid for inputs and parameters
  int32_t parameter = -1;  // index into Parameters, for parameters
};

struct Node {
  OpPtr op;
  std::vector<ValueId> inputs, outputs;
  std::string origin;  // name in the model file, or of the node whose derivative this is
  bool stale = false;  // the shapes of its outputs are not those of this graph's inputs
};

// The tensors of a model, by Value::parameter. Graphs that are derived from one another share them.
using Parameters = std::vector<Tensor>;

// Immutable, static single assignment, nodes in topological order.
class Graph {
 public:
  const std::vector<Value>& values() const { return values_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Value& value(ValueId id) const { return values_[static_cast<size_t>(id.index)]; }
  const Node& node(NodeId id) const { return nodes_[static_cast<size_t>(id.index)]; }
  const Shape& shape(ValueId id) const { return value(id).shape; }
  // Graph inputs in order of declaration.
  const std::vector<ValueId>& inputs() const { return inputs_; }
  // Nodes that read a value.
  const std::vector<NodeId>& consumers(ValueId id) const {
    return consumers_[static_cast<size_t>(id.index)];
  }
  // Invalid id where no value has that name.
  ValueId find(std::string_view name) const;

  // The same nodes for other input shapes (one per input, in order); shapes are inferred anew. Ids
  // stay the same. Where `wanted` is given, only what leads to those values must fit: of the others
  // the shapes mean nothing, and they must not be used.
  Result<Graph> with_input_shapes(std::span<const Shape> shapes,
                                  std::span<const ValueId> wanted = {}) const;

 private:
  friend class GraphBuilder;
  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<ValueId> inputs_;
  std::vector<std::vector<NodeId>> consumers_;
  int32_t parameter_count_ = 0;
};

// The only way to make a graph. Infers shapes on the spot; equal nodes (same op, same inputs) are
// one.
class GraphBuilder {
 public:
  GraphBuilder() = default;
  // Goes on from a graph; its value and node ids keep their meaning.
  explicit GraphBuilder(Graph base);

  ValueId input(std::string name, const Shape& shape);
  ValueId parameter(std::string name, const Shape& shape);
  // `origin` names the node and, for its first output, the value.
  Result<std::vector<ValueId>> add(OpPtr op, std::span<const ValueId> inputs, std::string origin,
                                   ValueKind kind = ValueKind::kActivation);
  // The same for an op with one output.
  Result<ValueId> add_one(OpPtr op, std::initializer_list<ValueId> inputs, std::string origin,
                          ValueKind kind = ValueKind::kActivation);

  const Graph& graph() const { return graph_; }
  const Shape& shape(ValueId id) const { return graph_.shape(id); }
  Graph build() && { return std::move(graph_); }

 private:
  ValueId new_value(Value value);
  static std::string intern_key(const Op& op, std::span<const ValueId> inputs);
  Graph graph_;
  std::unordered_map<std::string, NodeId> interned_;
};

// Evaluates nodes in double precision up to the wanted values: slow, the reference for everything
// else. `given` holds inputs and parameters (and may hold any other value, whose producer is then
// not run).
std::unordered_map<ValueId, DoubleTensor> evaluate_reference(
    const Graph& graph, std::unordered_map<ValueId, DoubleTensor> given,
    std::span<const ValueId> wanted);

// One line per node: "%12 = Conv(kernel=3,3) %0 %1 %2 : 1×55×55×64  # fire2.expand3x3".
std::string graph_text(const Graph& graph);
// Graphviz.
std::string graph_dot(const Graph& graph);

}  // namespace convscope
