#include "model/onnx_layers.h"

#include <algorithm>
#include <map>
#include <set>

#include "model/text_lines.h"

namespace convscope {
namespace {

constexpr std::string_view kActivations[] = {
    "Celu",  "Clip", "Elu",  "Gelu",    "HardSigmoid", "HardSwish", "LeakyRelu", "Mish",
    "PRelu", "Relu", "Selu", "Sigmoid", "Softplus",    "Softsign",  "Tanh",      "ThresholdedRelu"};
// What leaves channels where they are.
constexpr std::string_view kAcross[] = {"Add", "Sub",   "Mul",   "Div",    "Max",   "Min",
                                        "Pad", "Slice", "Scale", "Resize", "Gather"};

bool among(std::span<const std::string_view> kinds, std::string_view kind) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '_'; });
}

// "Conv", "Conv_12", "node_conv2d_3": what an exporter writes where the author gave no name.
bool is_generic(std::string_view name, std::string_view kind) {
  std::string text = lower(name);
  if (text.starts_with("node_")) text.erase(0, 5);
  const std::string op = lower(kind);
  if (text.starts_with(op)) text.erase(0, op.size());
  if (text.starts_with("2d")) text.erase(0, 2);
  return text.empty() || is_number(text);
}

// "/layer1/layer1.0/conv1/Conv" is "layer1.0.conv1": each part that goes on from the one before it
// stands for both. Empty where the name says nothing.
std::string name_from_origin(std::string_view origin, std::string_view kind) {
  auto parts = split(origin, '/');
  if (parts.empty()) return "";
  if (is_generic(parts.back(), kind)) parts.pop_back();
  std::vector<std::string> kept;
  for (std::string_view part : parts) {
    if (!kept.empty() && part.starts_with(kept.back() + ".")) kept.pop_back();
    kept.emplace_back(part);
  }
  std::string out;
  for (const std::string& part : kept) out += (out.empty() ? "" : ".") + part;
  // "121", "n0", "r17": numbered by a program.
  const bool numbered = is_number(out) || (out.size() > 1 && is_number(out.substr(1)));
  return numbered ? "" : out;
}

class LayerFinder {
 public:
  explicit LayerFinder(const Model& model) : model_(model), graph_(model.graph) {}

  std::vector<ModelLayer> find() {
    picture_.resize(graph_.values().size());
    picture_[static_cast<size_t>(model_.input.index)] = true;
    for (const Node& node : graph_.nodes()) visit(node);
    for (ModelLayer& layer : layers_) layer.name = unique_name(layer);
    layers_.push_back({.name = "logits", .kind = "logits", .value = model_.logits});
    return std::move(layers_);
  }

 private:
  bool is_picture(ValueId id) const { return picture_[static_cast<size_t>(id.index)]; }

  void visit(const Node& node) {
    const std::string_view kind = node.op->kind();
    const bool convolves = kind == "Conv" || kind == "ConvTranspose";
    const bool pools = kind == "MaxPool" || kind == "AveragePool" || kind == "GlobalAveragePool";
    bool across = among(kActivations, kind) || among(kAcross, kind) || kind == "Concat";
    if (across) {
      across = std::ranges::any_of(node.inputs, [&](ValueId id) { return is_picture(id); }) &&
               graph_.shape(node.outputs[0]).rank() == 4;
    }
    if (convolves || pools || across) picture_[static_cast<size_t>(node.outputs[0].index)] = true;
    if (convolves) add(node, "conv");
    if (pools) add(node, "pool");
    if (kind == "Gemm") add(node, "head");
    if (across && kind == "Concat") add(node, "block");
    if (across && kind == "Add" && is_residual(node)) add(node, "block");
  }

  // Two activations of one shape: not a bias, not a gate.
  bool is_residual(const Node& node) const {
    return std::ranges::all_of(node.inputs, [&](ValueId id) {
      return graph_.value(id).producer.valid() && graph_.shape(id) == graph_.shape(node.outputs[0]);
    });
  }

  void add(const Node& node, std::string kind) {
    ValueId value = node.outputs[0], pre;
    if (const auto& readers = graph_.consumers(value); readers.size() == 1) {
      const Node& reader = graph_.node(readers[0]);
      if (among(kActivations, reader.op->kind())) {
        pre = value;
        value = reader.outputs[0];
      }
    }
    if (value == model_.logits || pre == model_.logits || value == model_.probabilities) return;
    layers_.push_back({.name = name_from_origin(node.origin, node.op->kind()),
                       .kind = std::move(kind),
                       .value = value,
                       .pre = pre});
    names_[layers_.back().name].push_back(layers_.size());
  }

  std::string unique_name(const ModelLayer& layer) {
    const bool reserved = layer.name == "logits" || layer.name == "softmax";
    const bool own = !layer.name.empty() && !reserved && names_[layer.name].size() == 1;
    if (own && taken_.insert(layer.name).second) return layer.name;
    const std::string stem = own || layer.name.empty() || reserved ? layer.kind : layer.name + "_";
    std::string name;
    do {
      name = stem + std::to_string(++counts_[stem]);
    } while (names_.contains(name) || !taken_.insert(name).second);
    return name;
  }

  const Model& model_;
  const Graph& graph_;
  std::vector<bool> picture_;  // values of N×H×W×C
  std::vector<ModelLayer> layers_;
  std::map<std::string, std::vector<size_t>> names_;
  std::map<std::string, int> counts_;
  std::set<std::string> taken_;
};

}  // namespace

std::vector<ModelLayer> onnx_layers(const Model& model) { return LayerFinder(model).find(); }

}  // namespace convscope
