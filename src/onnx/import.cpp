#include "onnx/import.h"

#include <algorithm>
#include <format>
#include <set>
#include <unordered_map>

#include "base/bilingual.h"
#include "onnx/fold.h"
#include "onnx/op_map.h"

namespace convscope::onnx {
namespace {

constexpr size_t kNamedNodes = 4;  // in the error's sentence

bool is_default_domain(std::string_view domain) { return domain.empty() || domain == "ai.onnx"; }

constexpr Bilingual kOwnGraph = {
    "it holds a graph of its own, ConvScope runs straight networks only",
    "它带有自己的子图，ConvScope 只运行没有控制流的网络"};
constexpr Bilingual kConstantsOnly = {
    "ConvScope computes it on constants only, and its input depends on the picture",
    "ConvScope 只能对常量计算它，而它的输入取决于图片"};
constexpr Bilingual kNoOperator = {"ConvScope has no such operator", "ConvScope 没有这种算子"};

// What converters say of a node's details is in English; Chinese readers are told what kind it is.
std::string chinese_reason(const NodeProto& node, const std::string& reason) {
  for (const Bilingual& known : {kOwnGraph, kConstantsOnly, kNoOperator}) {
    if (reason == known.en) return std::string(known.zh);
  }
  if (!is_default_domain(node.domain)) {
    return std::format("它的算子属于域 {}，ConvScope 只读取标准 ONNX 算子", quotable(node.domain));
  }
  return "ConvScope 不支持它的这种用法（" + reason + "）";
}

std::string_view kind_name(ValueInfoProto::Kind kind) {
  switch (kind) {
    case ValueInfoProto::Kind::kSequence:
      return "a sequence";
    case ValueInfoProto::Kind::kMap:
      return "a map";
    case ValueInfoProto::Kind::kOptional:
      return "an optional value";
    case ValueInfoProto::Kind::kSparse:
      return "a sparse tensor";
    default:
      return "of no known type";
  }
}

class Importer {
 public:
  Importer(const ModelProto& model, const ImportOptions& options)
      : model_(model), graph_(model.graph), options_(options) {}

  Result<ImportedGraph> run(std::vector<UnsupportedNode>* unsupported) {
    TRY_STATUS(check_model());
    TRY_STATUS(read_initializers());
    TRY_STATUS(read_inputs());
    TRY_STATUS(link());
    TRY_STATUS(order());
    TRY_STATUS(fold_constants());
    for (int node : order_) TRY_STATUS(convert(node));
    if (unsupported != nullptr)
      unsupported->insert(unsupported->end(), unsupported_.begin(), unsupported_.end());
    if (!unsupported_.empty()) return cannot_run();
    TRY_STATUS(read_outputs());
    return finish();
  }

 private:
  Status check_model() const {
    if (graph_.nodes.empty() && graph_.outputs.empty()) {
      return fail(ErrorCode::kMalformed,
                  "this is no ONNX model: it holds no graph; choose a file that an ONNX exporter "
                  "wrote");
    }
    if (model_.has_functions) {
      return fail(ErrorCode::kUnsupported,
                  "the ONNX file defines functions of its own, ConvScope reads standard operators; "
                  "export the model with functions inlined");
    }
    if (graph_.has_sparse_initializers) {
      return fail(ErrorCode::kUnsupported,
                  "the ONNX file has sparse weights, ConvScope reads dense ones; export the model "
                  "with dense weights");
    }
    if (graph_.outputs.empty()) return damaged("its graph has no outputs");
    return {};
  }

  ValueIndex value_of(std::string_view name) {
    const auto [found, is_new] = names_.try_emplace(name, -1);
    if (is_new) found->second = values_.add(quotable(name));
    return found->second;
  }

  Status define(std::string_view name) {
    if (!defined_.insert(name).second)
      return damaged(std::format("it defines {} twice", quotable(name)));
    return {};
  }

  void set_constant(std::string_view name, HostTensor tensor) {
    ImportedValue& value = values_[value_of(name)];
    value.shape = tensor.shape;
    value.type = tensor.type;
    value.constant = std::move(tensor);
  }

  Status read_initializers() {
    for (const TensorProto& proto : graph_.initializers) {
      TRY_STATUS(define(proto.name));
      TRY(HostTensor tensor, decode_tensor(proto));
      set_constant(proto.name, std::move(tensor));
    }
    return {};
  }

  // Before IR version 4 initializers are listed among the inputs too.
  Status read_inputs() {
    std::set<std::string_view> seen;
    for (const ValueInfoProto& input : graph_.inputs) {
      if (!seen.insert(input.name).second)
        return damaged(std::format("it defines {} twice", quotable(input.name)));
      if (defined_.contains(input.name)) continue;
      TRY_STATUS(define(input.name));
      if (const auto given = options_.constants.find(input.name);
          given != options_.constants.end()) {
        set_constant(input.name, given->second);
        continue;
      }
      TRY_STATUS(read_input(input));
    }
    return {};
  }

  Status read_input(const ValueInfoProto& input) {
    const std::string name = quotable(input.name);
    if (input.kind != ValueInfoProto::Kind::kTensor) {
      return fail(ErrorCode::kUnsupported,
                  std::format("the network's input {} is {}, want a tensor; use another network",
                              name, kind_name(input.kind)));
    }
    if (!is_float_type(input.type)) {
      return fail(
          ErrorCode::kUnsupported,
          std::format("the network's input {} has the element type {}, want float32; export the "
                      "model with a float32 input",
                      name, data_type_name(input.type)));
    }
    TRY(const Shape shape, input_shape(input));
    Axes axes =
        looks_channels_first(shape) ? channels_last_axes(shape.rank()) : plain_axes(shape.rank());
    Shape stored = shape;
    for (int i = 0; i < shape.rank(); ++i) stored.set(i, shape[axes[static_cast<size_t>(i)]]);
    const ValueIndex index = value_of(input.name);
    const ValueId id = values_.add_input(name, stored);
    ImportedValue& value = values_[index];
    value.shape = shape;
    value.type = input.type;
    value.forms.push_back({axes, id});
    inputs_.push_back({name, shape, std::move(axes), id, std::nullopt});
    return {};
  }

  static bool is_colours(Extent extent) { return extent == 1 || extent == 3; }

  // TensorFlow's exports keep N,H,W,C: one or three channels at the end and not in front.
  static bool looks_channels_first(const Shape& shape) {
    return shape.rank() == 4 && (is_colours(shape[1]) || !is_colours(shape[3]));
  }

  Result<Shape> input_shape(const ValueInfoProto& input) const {
    if (const auto chosen = options_.input_shapes.find(input.name);
        chosen != options_.input_shapes.end())
      return checked_shape(chosen->second.dims(), "the input " + quotable(input.name));
    if (!input.shape) {
      return fail(ErrorCode::kUnsupported,
                  std::format("the network's input {} does not say its shape, want N×3×H×W; export "
                              "the model with a shape",
                              quotable(input.name)));
    }
    std::vector<Extent> extents = *input.shape;
    const bool picture = extents.size() == 4;
    const bool channels_last = picture && is_colours(extents[3]) && !is_colours(extents[1]);
    std::vector<int64_t> dims;
    for (size_t i = 0; i < extents.size(); ++i) {
      // Exporters write 0 or −1 where others give a name or nothing.
      const bool open = !extents[i] || *extents[i] == 0 || *extents[i] == -1;
      const bool side = picture && (channels_last ? i == 1 || i == 2 : i >= 2);
      dims.push_back(!open ? *extents[i] : side ? options_.side : picture && i == 1 ? 3 : 1);
    }
    return checked_shape(dims, "the input " + quotable(input.name));
  }

  Status link() {
    for (const NodeProto& node : graph_.nodes) {
      for (std::string_view output : node.outputs) {
        if (!output.empty()) TRY_STATUS(define(output));
      }
    }
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const NodeProto& node = graph_.nodes[i];
      auto& inputs = links_.node_inputs.emplace_back();
      for (std::string_view input : node.inputs) {
        if (!input.empty() && !defined_.contains(input)) {
          return damaged(
              std::format("node {} uses {}, which nothing defines", node.label(), quotable(input)));
        }
        inputs.push_back(input.empty() ? -1 : value_of(input));
      }
      auto& outputs = links_.node_outputs.emplace_back();
      for (std::string_view output : node.outputs)
        outputs.push_back(output.empty() ? -1 : value_of(output));
    }
    for (const ValueInfoProto& output : graph_.outputs) {
      if (!defined_.contains(output.name))
        return damaged(std::format("its output {} is made by no node", quotable(output.name)));
    }
    links_.readers.resize(names_.size());
    links_.is_output.resize(names_.size());
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (ValueIndex input : links_.node_inputs[i]) {
        if (input >= 0) links_.readers[static_cast<size_t>(input)].push_back(static_cast<int>(i));
      }
    }
    for (const ValueInfoProto& output : graph_.outputs)
      links_.is_output[static_cast<size_t>(value_of(output.name))] = true;
    return {};
  }

  // Topological, as ONNX demands and not every exporter delivers; only what the outputs need.
  Status order() {
    std::vector<int> producer(names_.size(), -1);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (ValueIndex output : links_.node_outputs[i]) {
        if (output >= 0) producer[static_cast<size_t>(output)] = static_cast<int>(i);
      }
    }
    enum class Mark : uint8_t { kNew, kOpen, kDone };
    std::vector<Mark> marks(graph_.nodes.size(), Mark::kNew);
    std::vector<std::pair<int, size_t>> stack;  // node, next input to look at
    const auto visit = [&](ValueIndex value) {
      const int node = value < 0 ? -1 : producer[static_cast<size_t>(value)];
      if (node < 0 || marks[static_cast<size_t>(node)] == Mark::kDone) return true;
      if (marks[static_cast<size_t>(node)] == Mark::kOpen) return false;
      marks[static_cast<size_t>(node)] = Mark::kOpen;
      stack.emplace_back(node, 0);
      return true;
    };
    for (const ValueInfoProto& output : graph_.outputs) {
      visit(value_of(output.name));
      while (!stack.empty()) {
        auto& [node, next] = stack.back();
        const auto& inputs = links_.node_inputs[static_cast<size_t>(node)];
        if (next < inputs.size()) {
          const int at = node;
          if (!visit(inputs[next++])) {
            return damaged(std::format("node {} needs its own result (the graph has a cycle)",
                                       graph_.nodes[static_cast<size_t>(at)].label()));
          }
          continue;
        }
        marks[static_cast<size_t>(node)] = Mark::kDone;
        order_.push_back(node);
        stack.pop_back();
      }
    }
    return {};
  }

  NodeView view_of(int index) const {
    NodeView view{&graph_.nodes[static_cast<size_t>(index)], model_.opset, {}, {}};
    for (ValueIndex input : links_.node_inputs[static_cast<size_t>(index)]) {
      const ImportedValue* value = input < 0 ? nullptr : &values_[input];
      view.constants.push_back(value != nullptr && value->constant ? &*value->constant : nullptr);
      view.shapes.push_back(value != nullptr ? value->shape : Shape());
    }
    return view;
  }

  Status convert(int index) {
    const NodeProto& node = graph_.nodes[static_cast<size_t>(index)];
    const auto& outputs = links_.node_outputs[static_cast<size_t>(index)];
    // Folded into the node before it.
    if (!outputs.empty() && outputs[0] >= 0 && values_[outputs[0]].known()) return {};
    bool reachable = true;
    for (ValueIndex input : links_.node_inputs[static_cast<size_t>(index)])
      reachable = reachable && (input < 0 || !values_[input].failed);
    auto done = convert_or_fold(index, reachable);
    if (done) return check_outputs(index, reachable);
    Error error = std::move(done.error());
    if (error.code != ErrorCode::kUnsupported && error.code != ErrorCode::kInvalidArgument) {
      return std::unexpected(std::move(error).with_context(
          std::format("node {} ({})", node.label(), quotable(node.op_type))));
    }
    refuse(index, std::move(error.message));
    return {};
  }

  // Nodes that read constants alone come first: a convolution is to find the statistics of the
  // normalisation behind it, whatever made them. What fails here fails again in its turn.
  Status fold_constants() {
    for (int index : order_) {
      const NodeProto& node = graph_.nodes[static_cast<size_t>(index)];
      if (!is_default_domain(node.domain) || node.op_type == "Shape" || node.op_type == "Size")
        continue;
      if (auto folded = fold_node(view_of(index)); folded && *folded)
        TRY_STATUS(keep(index, **std::move(folded)));
    }
    return {};
  }

  void refuse(int index, std::string reason) {
    const NodeProto& node = graph_.nodes[static_cast<size_t>(index)];
    std::string chinese = chinese_reason(node, reason);
    unsupported_.push_back(
        {node.label(), quotable(node.op_type), std::move(reason), std::move(chinese)});
    fail_outputs(index);
  }

  void fail_outputs(int index) {
    for (ValueIndex output : links_.node_outputs[static_cast<size_t>(index)]) {
      if (output >= 0) values_[output].failed = true;
    }
  }

  // Every output that somebody reads has been made.
  Status check_outputs(int index, bool reachable) {
    if (!reachable) {
      fail_outputs(index);
      return {};
    }
    for (ValueIndex output : links_.node_outputs[static_cast<size_t>(index)]) {
      if (output < 0 || values_[output].known()) continue;
      const bool read = !links_.readers[static_cast<size_t>(output)].empty() ||
                        links_.is_output[static_cast<size_t>(output)];
      if (!read) continue;
      refuse(index, std::format("ConvScope does not make its output {}", values_[output].name));
      return {};
    }
    return {};
  }

  // With `reachable` false only whether the operator is known is looked at.
  Status convert_or_fold(int index, bool reachable) {
    const NodeProto& node = graph_.nodes[static_cast<size_t>(index)];
    if (!is_default_domain(node.domain)) {
      return unsupported(
          std::format("its operator is of the domain {}, ConvScope reads standard "
                      "ONNX operators",
                      quotable(node.domain)));
    }
    for (const AttributeProto& attribute : node.attributes) {
      if (attribute.has_graph) return unsupported(std::string(kOwnGraph.en));
    }
    const OpMapEntry* entry = find_op(node.op_type);
    if (reachable) {
      const NodeView view = view_of(index);
      TRY(auto folded, fold_node(view));
      if (folded) return keep(index, *std::move(folded));
      if (entry != nullptr) {
        if (node.outputs.empty()) return damaged("it has no outputs");
        return entry->convert(NodeConverter(graph_, links_, index, view, values_));
      }
    } else if (entry != nullptr || is_foldable(node.op_type)) {
      return {};
    }
    return unsupported(std::string((is_foldable(node.op_type) ? kConstantsOnly : kNoOperator).en));
  }

  static bool is_foldable(std::string_view op) {
    return elementwise_fold(op) != nullptr || shape_fold(op) != nullptr;
  }

  Status keep(int index, std::vector<HostTensor> folded) {
    const auto& outputs = links_.node_outputs[static_cast<size_t>(index)];
    if (outputs.size() > folded.size()) return damaged("it has too many outputs");
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i] < 0) continue;
      folded_elements_ += folded[i].elements();
      if (folded_elements_ > options_.folded_elements) {
        return fail(ErrorCode::kTooLarge,
                    std::format("the network's constants exceed {} numbers; use a smaller network",
                                options_.folded_elements));
      }
      ImportedValue& value = values_[outputs[i]];
      value.shape = folded[i].shape;
      value.type = folded[i].type;
      value.constant = std::move(folded[i]);
    }
    return {};
  }

  std::unexpected<Error> cannot_run() const {
    std::string text =
        std::format("ConvScope cannot run {} of the network's {} nodes: ", unsupported_.size(),
                    graph_.nodes.size());
    for (size_t i = 0; i < std::min(unsupported_.size(), kNamedNodes); ++i) {
      const UnsupportedNode& node = unsupported_[i];
      text += std::format("{}{} ({}): {}", i > 0 ? "; " : "", node.name, node.op_type, node.reason);
    }
    if (unsupported_.size() > kNamedNodes)
      text += std::format("; and {} more", unsupported_.size() - kNamedNodes);
    return fail(ErrorCode::kUnsupported, text + ". Use another network, or export it without them");
  }

  Status read_outputs() {
    for (const ValueInfoProto& output : graph_.outputs) {
      const ValueIndex index = value_of(output.name);
      Port port{quotable(output.name), values_[index].shape, {}, {}, values_[index].constant};
      if (!port.constant) {
        port.axes = values_.native_axes(index);
        TRY(port.value, values_.form(index, port.axes));
      }
      outputs_.push_back(std::move(port));
    }
    return {};
  }

  Result<ImportedGraph> finish() {
    ImportedGraph out{.graph = values_.take_graph(),
                      .parameters = values_.take_parameters(),
                      .inputs = std::move(inputs_),
                      .outputs = std::move(outputs_),
                      .opset = model_.opset,
                      .producer = quotable(model_.producer),
                      .metadata = {}};
    for (const Metadata& entry : model_.metadata)
      out.metadata.insert_or_assign(std::string(entry.key), std::string(entry.value));
    return out;
  }

  const ModelProto& model_;
  const GraphProto& graph_;
  const ImportOptions& options_;
  ValueTable values_;
  std::unordered_map<std::string_view, ValueIndex> names_;
  std::set<std::string_view> defined_;
  GraphLinks links_;
  std::vector<int> order_;
  std::vector<UnsupportedNode> unsupported_;
  std::vector<Port> inputs_, outputs_;
  int64_t folded_elements_ = 0;
};

}  // namespace

Result<ImportedGraph> import_onnx(Bytes file, const ImportOptions& options,
                                  std::vector<UnsupportedNode>* unsupported) {
  TRY(const ModelProto model, read_model(file));
  return Importer(model, options).run(unsupported);
}

}  // namespace convscope::onnx
