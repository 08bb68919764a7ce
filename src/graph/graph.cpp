#include "graph/graph.h"

#include <algorithm>
#include <ranges>

namespace convscope {

ValueId Graph::find(std::string_view name) const {
  for (size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].name == name) return ValueId(static_cast<int32_t>(i));
  }
  return {};
}

Result<Graph> Graph::with_input_shapes(std::span<const Shape> shapes,
                                       std::span<const ValueId> wanted) const {
  CHECK(shapes.size() == inputs_.size());
  std::vector<bool> needed(values_.size(), wanted.empty());
  for (ValueId id : wanted) needed[static_cast<size_t>(id.index)] = true;
  Graph out = *this;
  for (Node& node : std::views::reverse(out.nodes_)) {
    node.stale = std::ranges::none_of(
        node.outputs, [&](ValueId id) { return needed[static_cast<size_t>(id.index)]; });
    if (node.stale) continue;
    for (ValueId id : node.inputs) needed[static_cast<size_t>(id.index)] = true;
  }
  for (size_t i = 0; i < shapes.size(); ++i)
    out.values_[static_cast<size_t>(inputs_[i].index)].shape = shapes[i];
  std::vector<Shape> in;
  for (const Node& node : out.nodes_) {
    if (node.stale) continue;
    in.clear();
    for (ValueId id : node.inputs) in.push_back(out.shape(id));
    auto inferred = node.op->infer(in);
    if (!inferred)
      return std::unexpected(std::move(inferred.error()).with_context("at node " + node.origin));
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      out.values_[static_cast<size_t>(node.outputs[i].index)].shape = (*inferred)[i];
    }
  }
  return out;
}

GraphBuilder::GraphBuilder(Graph base) : graph_(std::move(base)) {
  for (size_t i = 0; i < graph_.nodes_.size(); ++i) {
    const Node& node = graph_.nodes_[i];
    if (!node.stale)
      interned_.emplace(intern_key(*node.op, node.inputs), NodeId(static_cast<int32_t>(i)));
  }
}

ValueId GraphBuilder::new_value(Value value) {
  graph_.values_.push_back(std::move(value));
  graph_.consumers_.emplace_back();
  return ValueId(static_cast<int32_t>(graph_.values_.size()) - 1);
}

ValueId GraphBuilder::input(std::string name, const Shape& shape) {
  const ValueId id = new_value({shape, ValueKind::kInput, std::move(name), {}, -1});
  graph_.inputs_.push_back(id);
  return id;
}

ValueId GraphBuilder::parameter(std::string name, const Shape& shape) {
  return new_value({shape, ValueKind::kParameter, std::move(name), {}, graph_.parameter_count_++});
}

std::string GraphBuilder::intern_key(const Op& op, std::span<const ValueId> inputs) {
  std::string key = op_text(op);
  for (ValueId id : inputs) key += " %" + std::to_string(id.index);
  return key;
}

Result<std::vector<ValueId>> GraphBuilder::add(OpPtr op, std::span<const ValueId> inputs,
                                               std::string origin, ValueKind kind) {
  std::string key = intern_key(*op, inputs);
  if (auto found = interned_.find(key); found != interned_.end())
    return graph_.node(found->second).outputs;

  std::vector<Shape> shapes;
  for (ValueId id : inputs) {
    CHECK(id.valid() && id.index < static_cast<int32_t>(graph_.values_.size()));
    shapes.push_back(graph_.shape(id));
  }
  auto inferred = op->infer(shapes);
  if (!inferred)
    return std::unexpected(std::move(inferred.error()).with_context("at node " + origin));

  const NodeId node_id(static_cast<int32_t>(graph_.nodes_.size()));
  Node node{std::move(op), {inputs.begin(), inputs.end()}, {}, origin};
  for (size_t i = 0; i < inferred->size(); ++i) {
    std::string name = i == 0 ? origin : origin + "#" + std::to_string(i);
    node.outputs.push_back(new_value({(*inferred)[i], kind, std::move(name), node_id, -1}));
  }
  for (ValueId id : inputs) {
    auto& readers = graph_.consumers_[static_cast<size_t>(id.index)];
    if (std::ranges::find(readers, node_id) == readers.end()) readers.push_back(node_id);
  }
  interned_.emplace(std::move(key), node_id);
  graph_.nodes_.push_back(std::move(node));
  return graph_.nodes_.back().outputs;
}

Result<ValueId> GraphBuilder::add_one(OpPtr op, std::initializer_list<ValueId> inputs,
                                      std::string origin, ValueKind kind) {
  TRY(auto outputs,
      add(std::move(op), std::span(inputs.begin(), inputs.size()), std::move(origin), kind));
  CHECK(outputs.size() == 1);
  return outputs[0];
}

std::unordered_map<ValueId, DoubleTensor> evaluate_reference(
    const Graph& graph, std::unordered_map<ValueId, DoubleTensor> given,
    std::span<const ValueId> wanted) {
  std::vector<bool> needed(graph.values().size());
  for (ValueId id : wanted) needed[static_cast<size_t>(id.index)] = true;
  const auto& nodes = graph.nodes();
  std::vector<const Node*> to_run;
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    const bool run = std::ranges::any_of(node->outputs, [&](ValueId id) {
      return needed[static_cast<size_t>(id.index)] && !given.contains(id);
    });
    if (!run) continue;
    to_run.push_back(&*node);
    for (ValueId id : node->inputs) needed[static_cast<size_t>(id.index)] = true;
  }
  for (auto node = to_run.rbegin(); node != to_run.rend(); ++node) {
    std::vector<DoubleTensor> in, out;
    for (ValueId id : (*node)->inputs) {
      CHECK(given.contains(id));
      in.push_back(given.at(id));
    }
    for (ValueId id : (*node)->outputs) out.push_back(DoubleTensor::zeros(graph.shape(id)));
    (*node)->op->evaluate(in, out);
    for (size_t i = 0; i < out.size(); ++i)
      given.insert_or_assign((*node)->outputs[i], std::move(out[i]));
  }
  return given;
}

}  // namespace convscope
