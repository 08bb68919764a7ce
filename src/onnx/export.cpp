#include "onnx/export.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <format>

#include "onnx/export_graph.h"
#include "onnx/writer.h"

namespace convscope::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

// Field numbers of onnx.proto.
namespace model_field {
constexpr uint32_t kIrVersion = 1, kProducer = 2, kGraph = 7, kOpset = 8, kMetadata = 14;
}
namespace graph_field {
constexpr uint32_t kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12;
}
namespace node_field {
constexpr uint32_t kInput = 1, kOutput = 2, kName = 3, kOpType = 4, kAttribute = 5;
}
namespace attribute_field {
constexpr uint32_t kName = 1, kFloat = 2, kInteger = 3, kString = 4, kIntegers = 8, kType = 20;
constexpr int64_t kFloatType = 1, kIntegerType = 2, kStringType = 3, kIntegersType = 7;
}  // namespace attribute_field
namespace tensor_field {
constexpr uint32_t kDims = 1, kType = 2, kName = 8, kRaw = 9;
}
namespace value_field {
constexpr uint32_t kName = 1, kType = 2, kTensorType = 1, kElementType = 1, kShape = 2, kDim = 1,
                   kExtent = 1;
}

struct AttributeWriter {
  MessageWriter& out;
  void operator()(int64_t value) const {
    out.integer(attribute_field::kInteger, value);
    out.integer(attribute_field::kType, attribute_field::kIntegerType);
  }
  void operator()(float value) const {
    out.number(attribute_field::kFloat, value);
    out.integer(attribute_field::kType, attribute_field::kFloatType);
  }
  void operator()(const std::string& value) const {
    out.text(attribute_field::kString, value);
    out.integer(attribute_field::kType, attribute_field::kStringType);
  }
  void operator()(const std::vector<int64_t>& values) const {
    for (int64_t value : values) out.integer(attribute_field::kIntegers, value);
    out.integer(attribute_field::kType, attribute_field::kIntegersType);
  }
};

MessageWriter node_message(const FileNode& node) {
  MessageWriter out;
  for (const std::string& input : node.inputs) out.text(node_field::kInput, input);
  out.text(node_field::kOutput, node.output);
  out.text(node_field::kName, node.name);
  out.text(node_field::kOpType, node.op_type);
  for (const FileAttribute& attribute : node.attributes) {
    MessageWriter message;
    message.text(attribute_field::kName, attribute.name);
    std::visit(AttributeWriter{message}, attribute.value);
    out.message(node_field::kAttribute, message);
  }
  return out;
}

MessageWriter port_message(const std::string& name, std::span<const int64_t> dims) {
  MessageWriter shape, tensor, type, out;
  for (int64_t extent : dims) {
    MessageWriter dim;
    dim.integer(value_field::kExtent, extent);
    shape.message(value_field::kDim, dim);
  }
  tensor.integer(value_field::kElementType, static_cast<int64_t>(DataType::kFloat));
  tensor.message(value_field::kShape, shape);
  type.message(value_field::kTensorType, tensor);
  out.text(value_field::kName, name);
  out.message(value_field::kType, type);
  return out;
}

Bytes content(const HostTensor& tensor) {
  const auto bytes = tensor.is_float() ? std::as_bytes(std::as_const(tensor.floats).values())
                                       : std::as_bytes(std::span<const int64_t>(tensor.integers));
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

// A TensorProto but for its numbers, which follow it.
MessageWriter tensor_header(const FileTensor& file) {
  MessageWriter out;
  for (int64_t extent : file.tensor.shape.dims()) out.integer(tensor_field::kDims, extent);
  out.integer(tensor_field::kType, static_cast<int64_t>(file.tensor.type));
  out.text(tensor_field::kName, file.name);
  out.begin(tensor_field::kRaw, content(file.tensor).size());
  return out;
}

std::vector<int64_t> file_dims(const Shape& stored, const Axes& axes) {
  std::vector<int64_t> dims;
  for (int i = 0; i < stored.rank(); ++i) dims.push_back(stored[stored_axis(axes, i)]);
  return dims;
}

// The file in pieces: messages, and the numbers of weights, which are copied only once.
class Pieces {
 public:
  void add(Bytes bytes) { pieces_.push_back(bytes); }
  void add(MessageWriter message) {
    kept_.push_back(std::make_unique<MessageWriter>(std::move(message)));
    add(kept_.back()->bytes());
  }
  uint64_t size() const {
    uint64_t total = 0;
    for (Bytes piece : pieces_) total += piece.size();
    return total;
  }
  void append_to(std::vector<uint8_t>& out) const {
    for (Bytes piece : pieces_) out.insert(out.end(), piece.begin(), piece.end());
  }

 private:
  std::vector<std::unique_ptr<MessageWriter>> kept_;
  std::vector<Bytes> pieces_;
};

Pieces graph_pieces(const ExportGraph& graph, std::span<const Port> inputs,
                    std::span<const Port> outputs, const std::string& name) {
  Pieces pieces;
  MessageWriter head, ports;
  for (const FileNode& node : graph.nodes()) head.message(graph_field::kNode, node_message(node));
  head.text(graph_field::kName, name);
  pieces.add(std::move(head));
  for (const FileTensor& tensor : graph.tensors()) {
    const MessageWriter inner = tensor_header(tensor);
    const Bytes numbers = content(tensor.tensor);
    MessageWriter begin;
    begin.begin(graph_field::kInitializer, inner.bytes().size() + numbers.size());
    pieces.add(std::move(begin));
    pieces.add(inner);
    pieces.add(numbers);
  }
  for (const Port& port : inputs)
    ports.message(graph_field::kInput,
                  port_message(port.name, file_dims(graph.shape(port.value), port.axes)));
  for (const Port& port : outputs)
    ports.message(graph_field::kOutput,
                  port_message(port.name, file_dims(graph.shape(port.value), port.axes)));
  pieces.add(std::move(ports));
  return pieces;
}

// Nodes that an output depends on.
std::vector<bool> needed_nodes(const Graph& graph, std::span<const Port> outputs) {
  std::vector<bool> needed(graph.nodes().size());
  std::vector<ValueId> open;
  for (const Port& port : outputs) open.push_back(port.value);
  while (!open.empty()) {
    const NodeId producer = graph.value(open.back()).producer;
    open.pop_back();
    if (!producer.valid() || needed[static_cast<size_t>(producer.index)]) continue;
    needed[static_cast<size_t>(producer.index)] = true;
    for (ValueId input : graph.node(producer).inputs) open.push_back(input);
  }
  return needed;
}

}  // namespace

Result<std::vector<uint8_t>> export_onnx(const Graph& graph, const Parameters& parameters,
                                         std::span<const Port> inputs,
                                         std::span<const Port> outputs,
                                         const ExportOptions& options) {
  ExportGraph to(graph, parameters);
  for (const Port& port : inputs) to.give(port.value, port.axes, to.unique(port.name));
  for (const Port& port : outputs) {
    if (port.constant) {
      return fail(ErrorCode::kUnsupported, "the output " + quotable(port.name) +
                                               " is constant; there is no network to save");
    }
    to.unique(port.name);  // for finish()
  }
  const std::vector<bool> needed = needed_nodes(graph, outputs);
  for (size_t i = 0; i < needed.size(); ++i) {
    if (needed[i]) TRY_STATUS(export_node(to, graph.nodes()[i]));
  }
  for (const Port& port : outputs) TRY_STATUS(to.finish(port.value, port.axes, port.name));

  const Pieces body = graph_pieces(to, inputs, outputs, options.graph_name);
  MessageWriter head, tail;
  head.integer(model_field::kIrVersion, kExportIrVersion);
  head.text(model_field::kProducer, "ConvScope");
  head.begin(model_field::kGraph, body.size());
  MessageWriter opset;
  opset.text(1, "");
  opset.integer(2, kExportOpset);
  tail.message(model_field::kOpset, opset);
  for (const auto& [key, value] : options.metadata) {
    MessageWriter entry;
    entry.text(1, key);
    entry.text(2, value);
    tail.message(model_field::kMetadata, entry);
  }
  const uint64_t total = head.bytes().size() + body.size() + tail.bytes().size();
  if (total > static_cast<uint64_t>(kMaxFileBytes)) {
    return fail(ErrorCode::kTooLarge,
                std::format("the ONNX file would have {} bytes, ConvScope writes at most {}; save "
                            "a smaller network",
                            total, kMaxFileBytes));
  }
  std::vector<uint8_t> file;
  file.reserve(static_cast<size_t>(total));  // at most kMaxFileBytes
  file.insert(file.end(), head.bytes().begin(), head.bytes().end());
  body.append_to(file);
  file.insert(file.end(), tail.bytes().begin(), tail.bytes().end());
  return file;
}

}  // namespace convscope::onnx
