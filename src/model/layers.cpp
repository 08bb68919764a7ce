// What is said about layers, found from the graph alone: filters, operation, receptive windows,
// parameters, FLOPs.
#include <algorithm>
#include <array>
#include <format>
#include <optional>
#include <set>
#include <utility>

#include "model/model.h"
#include "model/text_lines.h"
#include "ops/ops.h"

namespace convscope {
namespace {

std::optional<Window> window_of(const Op& op) {
  if (op.kind() != "Conv" && op.kind() != "MaxPool" && op.kind() != "AveragePool")
    return std::nullopt;
  auto window = Window::from_attributes(attributes_from_tokens(split(op.attributes(), ' ')));
  return window ? std::optional(*window) : std::nullopt;
}

bool is_depthwise(const Graph& graph, const Node& node) {
  const Shape& weight = graph.shape(node.inputs[1]);
  return weight[3] == 1 && graph.shape(node.inputs[0]).channels() == weight[0] && weight[0] > 1;
}

// --- Which nodes make up a layer ---------------------------------------------------------------

// Nodes that `value` needs and nobody has claimed yet, in the order of the graph; claims them.
std::vector<NodeId> claim(const Graph& graph, ValueId value, std::vector<bool>& claimed) {
  std::vector<NodeId> out, open = {graph.value(value).producer};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (!id.valid() || claimed[static_cast<size_t>(id.index)]) continue;
    claimed[static_cast<size_t>(id.index)] = true;
    out.push_back(id);
    for (ValueId input : graph.node(id).inputs) open.push_back(graph.value(input).producer);
  }
  std::ranges::sort(out);
  return out;
}

// --- Words -------------------------------------------------------------------------------------

// "fire2/squeeze1x1.pre" is "squeeze1x1"; in the block "block3", "block3e.pre" is "expand",
// "block3d.pre" "depthwise", "block3.conv2.pre" "conv2" and "block3" itself "project"; else the
// convolution's own name.
std::string filter_name(std::string_view origin, const ModelLayer& layer) {
  if (origin.ends_with(".pre")) origin.remove_suffix(4);
  if (const size_t slash = origin.rfind('/'); slash != std::string_view::npos)
    return std::string(origin.substr(slash + 1));
  if (layer.minor) return layer.kind;
  if (layer.kind != "block" || !origin.starts_with(layer.name)) return std::string(origin);
  const std::string_view rest = origin.substr(layer.name.size());
  if (rest == "e") return "expand";
  if (rest == "d") return "depthwise";
  const size_t dot = rest.rfind('.');
  return dot == std::string_view::npos ? "project" : std::string(rest.substr(dot + 1));
}

std::string window_text(const Window& window) {
  std::string text = std::format("{}×{}", window.kernel[0], window.kernel[1]);
  if (window.strides[0] > 1) text += std::format(" / {}", window.strides[0]);
  return text;
}

std::string clamp_text(const Op& op) {
  const ClampRange range = *op.clamp_range();
  if (op.kind() == "Relu") return "ReLU";
  return range.minimum == 0 && range.maximum == 6
             ? "ReLU6"
             : std::format("clip {:g}…{:g}", range.minimum, range.maximum);
}

// "expand3x3" without its size, which stands beside it.
std::string step_name(const Node& node, const ModelLayer& layer) {
  const std::string name = filter_name(node.origin, layer);
  return name.substr(0, std::min(name.find_first_of("0123456789"), name.size()));
}

std::string pool_text(const Node& node) {
  const std::string_view kind = node.op->kind();
  if (kind == "GlobalAveragePool") return "Global average";
  if (kind == "Gemm") return "Linear";
  if (kind == "Softmax") return "Softmax";
  if (kind == "MaxPool" || kind == "AveragePool") {
    return (kind == "MaxPool" ? "Max pool " : "Average pool ") +
           window_text(window_of(*node.op).value_or(Window()));
  }
  return "";  // goes without saying: Flatten, Concat …
}

// An Add of constants is a shift, not a skip connection.
bool reads_parameter(const Graph& graph, const Node& node) {
  return std::ranges::any_of(
      node.inputs, [&](ValueId id) { return graph.value(id).kind == ValueKind::kParameter; });
}

// One convolution in full; of several the steps, those beside each other joined by "&".
std::string operation_text(const Graph& graph, const std::vector<NodeId>& nodes,
                           const ModelLayer& layer) {
  const auto convolutions =
      std::ranges::count_if(nodes, [&](NodeId id) { return graph.node(id).op->kind() == "Conv"; });
  std::string text, clamp;
  const Node* last = nullptr;
  for (NodeId id : nodes) {
    const Node& node = graph.node(id);
    if (node.op->clamp_range()) clamp = clamp_text(*node.op);
    if (node.op->kind() == "Add" && !reads_parameter(graph, node))
      text += text.empty() ? "Sum" : " + skip";
    if (node.op->kind() != "Conv") {
      const std::string step = pool_text(node);
      text += (text.empty() || step.empty() ? "" : " → ") + step;
      continue;
    }
    const std::string window = window_text(window_of(*node.op).value_or(Window()));
    if (convolutions == 1) {
      text += (is_depthwise(graph, node) ? "Depthwise conv " : "Conv ") + window;
    } else if (last != nullptr && last->inputs[0] == node.inputs[0] &&
               step_name(*last, layer) == step_name(node, layer)) {
      text += " & " + window;
    } else {
      text += (text.empty() ? "" : " → ") + step_name(node, layer) + " " + window;
    }
    last = &node;
  }
  if (convolutions == 1 && !clamp.empty()) text += " + " + clamp;
  if (text.empty() && !nodes.empty()) text = graph.node(nodes.back()).op->kind();
  return text;
}

// --- Receptive windows -------------------------------------------------------------------------

using Field = std::array<ReceptiveWindow, 2>;  // rows, columns

Field window_field(const Window& window, const Shape& input, Field field) {
  const Pads pads = window.resolved_pads(input[1], input[2]);
  const std::array<int64_t, 2> begin = {pads.top, pads.left};
  for (size_t axis = 0; axis < 2; ++axis) {
    ReceptiveWindow& w = field[axis];
    w.size += (window.kernel[axis] - 1) * window.dilations[axis] * w.jump;
    w.start -= begin[axis] * w.jump;
    w.jump *= window.strides[axis];
  }
  return field;
}

// One cell that sees everything the input's cells see.
Field whole_field(const Shape& input, Field field) {
  if (input.rank() != 4) return field;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t cells = input[static_cast<int>(axis) + 1];
    field[axis].size += (cells - 1) * field[axis].jump;
    field[axis].jump *= cells;
  }
  return field;
}

Field joined(const Field& a, const Field& b) {
  Field out;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t start = std::min(a[axis].start, b[axis].start);
    const int64_t end = std::max(a[axis].start + a[axis].size, b[axis].start + b[axis].size);
    // Of a map and one cell that is spread over it, the map's steps.
    out[axis] = {end - start, std::min(a[axis].jump, b[axis].jump), start};
  }
  return out;
}

// A window beyond every picture is as good as a larger one, and its arithmetic stays in range.
Field bounded(Field field) {
  constexpr int64_t kFar = int64_t{1} << 31;
  for (ReceptiveWindow& w : field) {
    w.size = std::min(w.size, kFar);
    w.jump = std::min(w.jump, kFar);
    w.start = std::max(w.start, -kFar);
  }
  return field;
}

std::vector<Field> receptive_fields(const Graph& graph) {
  std::vector<Field> fields(graph.values().size());
  for (const Node& node : graph.nodes()) {
    Field field = fields[static_cast<size_t>(node.inputs[0].index)];
    const Shape& input = graph.shape(node.inputs[0]);
    bool first = true;
    for (ValueId id : node.inputs) {
      if (graph.value(id).kind == ValueKind::kParameter) continue;
      const Field& next = fields[static_cast<size_t>(id.index)];
      field = std::exchange(first, false) ? next : joined(field, next);
    }
    const std::string_view kind = node.op->kind();
    if (const auto window = window_of(*node.op)) field = window_field(*window, input, field);
    if (kind == "GlobalAveragePool" || kind == "Flatten" || kind == "Reshape")
      field = whole_field(input, field);
    for (ValueId id : node.outputs) fields[static_cast<size_t>(id.index)] = bounded(field);
  }
  return fields;
}

// --- Figures -----------------------------------------------------------------------------------

int64_t node_flops(const Graph& graph, const Node& node) {
  std::vector<Shape> inputs, outputs;
  for (ValueId id : node.inputs) inputs.push_back(graph.shape(id));
  for (ValueId id : node.outputs) outputs.push_back(graph.shape(id));
  return node.op->flops(inputs, outputs);
}

void describe(const Model& model, ModelLayer& layer, const std::vector<NodeId>& nodes) {
  const Graph& graph = model.graph;
  layer.operation = operation_text(graph, nodes, layer);
  layer.parameters = layer.flops = 0;
  layer.filters.clear();
  layer.operators.clear();
  std::set<int32_t> counted;
  for (NodeId id : nodes) {
    const Node& node = graph.node(id);
    layer.flops += node_flops(graph, node);
    if (std::ranges::find(layer.operators, &node.op->doc()) == layer.operators.end())
      layer.operators.push_back(&node.op->doc());
    for (ValueId input : node.inputs) {
      const int32_t parameter = graph.value(input).parameter;
      if (parameter >= 0 && counted.insert(parameter).second)
        layer.parameters += graph.shape(input).elements();
    }
    if (node.op->kind() != "Conv") continue;
    layer.filters.push_back({filter_name(node.origin, layer), id, node.inputs[0], node.outputs[0],
                             graph.value(node.inputs[1]).parameter,
                             node.inputs.size() > 2 ? graph.value(node.inputs[2]).parameter : -1});
  }
}

}  // namespace

void describe_layers(Model& model) {
  const std::vector<Field> fields = receptive_fields(model.graph);
  std::vector<bool> claimed_by_blocks(model.graph.nodes().size()),
      claimed_by_all = claimed_by_blocks;
  model.parameter_count = model.flops = 0;
  for (ModelLayer& layer : model.layers) {
    const std::vector<NodeId> fine = claim(model.graph, layer.value, claimed_by_all);
    if (layer.minor) {
      describe(model, layer, fine);
    } else {
      describe(model, layer, claim(model.graph, layer.value, claimed_by_blocks));
      model.parameter_count += layer.parameters;
      model.flops += layer.flops;
    }
    layer.rows = fields[static_cast<size_t>(layer.value.index)][0];
    layer.columns = fields[static_cast<size_t>(layer.value.index)][1];
  }
}

}  // namespace convscope
