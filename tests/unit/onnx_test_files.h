// Small ONNX files for tests, written field by field.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace convscope {

// A protobuf message under construction.
class ProtoWriter {
 public:
  ProtoWriter& varint(uint32_t field, uint64_t value) {
    tag(field, 0);
    number(value);
    return *this;
  }
  ProtoWriter& fixed32(uint32_t field, float value) {
    tag(field, 5);
    const auto bits = std::bit_cast<uint32_t>(value);
    for (int i = 0; i < 4; ++i) bytes_.push_back(static_cast<char>(bits >> (8 * i)));
    return *this;
  }
  ProtoWriter& text(uint32_t field, std::string_view value) {
    tag(field, 2);
    number(value.size());
    bytes_ += value;
    return *this;
  }
  ProtoWriter& message(uint32_t field, const ProtoWriter& value) {
    return text(field, value.bytes_);
  }
  const std::string& str() const { return bytes_; }
  std::vector<uint8_t> file() const { return {bytes_.begin(), bytes_.end()}; }

 private:
  void tag(uint32_t field, uint32_t type) { number(uint64_t{field} << 3 | type); }
  void number(uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_.push_back(static_cast<char>(value | 128));
    bytes_.push_back(static_cast<char>(value));
  }
  std::string bytes_;
};

inline ProtoWriter onnx_tensor(std::string_view name, const std::vector<int64_t>& dims,
                               const std::vector<float>& values) {
  ProtoWriter out;
  for (int64_t extent : dims) out.varint(1, static_cast<uint64_t>(extent));
  std::string raw(values.size() * 4, 0);
  if (!values.empty()) std::memcpy(raw.data(), values.data(), raw.size());
  return out.varint(2, 1).text(8, name).text(9, raw);
}
inline ProtoWriter onnx_tensor(std::string_view name, const std::vector<int64_t>& values) {
  ProtoWriter out;
  out.varint(1, values.size());
  std::string raw(values.size() * 8, 0);
  if (!values.empty()) std::memcpy(raw.data(), values.data(), raw.size());
  return out.varint(2, 7).text(8, name).text(9, raw);
}

inline ProtoWriter onnx_int(std::string_view name, int64_t value) {
  ProtoWriter out;
  return out.text(1, name).varint(3, static_cast<uint64_t>(value)).varint(20, 2);
}
inline ProtoWriter onnx_ints(std::string_view name, const std::vector<int64_t>& values) {
  ProtoWriter out;
  out.text(1, name).varint(20, 7);
  for (int64_t value : values) out.varint(8, static_cast<uint64_t>(value));
  return out;
}

inline ProtoWriter onnx_node(std::string_view op, std::string_view name,
                             const std::vector<std::string_view>& inputs,
                             const std::vector<std::string_view>& outputs,
                             const std::vector<ProtoWriter>& attributes = {}) {
  ProtoWriter out;
  for (std::string_view input : inputs) out.text(1, input);
  for (std::string_view output : outputs) out.text(2, output);
  out.text(3, name).text(4, op);
  for (const ProtoWriter& attribute : attributes) out.message(5, attribute);
  return out;
}

// A float tensor's name and shape; an extent of 0 is left open.
inline ProtoWriter onnx_value(std::string_view name, const std::vector<int64_t>& dims,
                              uint64_t type = 1) {
  ProtoWriter shape;
  for (int64_t extent : dims) {
    ProtoWriter dimension;
    if (extent != 0) {
      dimension.varint(1, static_cast<uint64_t>(extent));
    } else {
      dimension.text(2, "any");
    }
    shape.message(1, dimension);
  }
  ProtoWriter out;
  return out.text(1, name).message(
      2, ProtoWriter().message(1, ProtoWriter().varint(1, type).message(2, shape)));
}

struct OnnxFile {
  std::vector<ProtoWriter> nodes, initializers, inputs, outputs, graph_fields;
  int64_t opset = 13;
  ProtoWriter more = {};  // fields of the model

  std::vector<uint8_t> bytes() const {
    ProtoWriter graph;
    for (const ProtoWriter& node : nodes) graph.message(1, node);
    graph.text(2, "test");
    for (const ProtoWriter& tensor : initializers) graph.message(5, tensor);
    for (const ProtoWriter& input : inputs) graph.message(11, input);
    for (const ProtoWriter& output : outputs) graph.message(12, output);
    std::vector<uint8_t> file = ProtoWriter()
                                    .varint(1, 8)
                                    .text(2, "test")
                                    .message(7, graph)
                                    .message(8, ProtoWriter().varint(2, uint64_t(opset)))
                                    .file();
    const auto rest = more.file();
    file.insert(file.end(), rest.begin(), rest.end());
    return file;
  }
};

inline std::vector<float> onnx_ramp(size_t count, float step = 0.01f) {
  std::vector<float> out(count);
  for (size_t i = 0; i < count; ++i) out[i] = step * static_cast<float>(i % 17) - 0.05f;
  return out;
}

// A picture of 8 × 8, four filters with a batch normalisation, a flattening, two classes.
inline OnnxFile small_onnx() {
  OnnxFile out;
  out.inputs = {onnx_value("x", {0, 3, 8, 8})};
  out.outputs = {onnx_value("y", {0, 2})};
  out.initializers = {
      onnx_tensor("w", {4, 3, 3, 3}, onnx_ramp(108)), onnx_tensor("scale", {4}, {1, 2, 0.5f, 1}),
      onnx_tensor("bias", {4}, {0, 1, 0, -1}),        onnx_tensor("mean", {4}, {0, 0.5f, 1, 0}),
      onnx_tensor("variance", {4}, {1, 1, 2, 0.5f}),  onnx_tensor("fc", {2, 64}, onnx_ramp(128))};
  out.nodes = {
      onnx_node("Conv", "/features/features.0/Conv", {"x", "w"}, {"c"},
                {onnx_ints("kernel_shape", {3, 3}), onnx_ints("strides", {2, 2}),
                 onnx_ints("pads", {1, 1, 1, 1})}),
      onnx_node("BatchNormalization", "/features/features.1/BatchNormalization",
                {"c", "scale", "bias", "mean", "variance"}, {"n"}),
      onnx_node("Relu", "/features/features.2/Relu", {"n"}, {"r"}),
      onnx_node("Flatten", "/Flatten", {"r"}, {"f"}),
      onnx_node("Gemm", "/classifier/Gemm", {"f", "fc"}, {"y"}, {onnx_int("transB", 1)}),
  };
  return out;
}

// A gray picture, 12 high and 20 wide: two convolutions, pooled into three classes.
inline OnnxFile gray_onnx() {
  OnnxFile out;
  out.inputs = {onnx_value("x", {1, 1, 12, 20})};
  out.outputs = {onnx_value("y", {1, 3})};
  out.initializers = {onnx_tensor("w1", {4, 1, 3, 3}, onnx_ramp(36, 0.1f)),
                      onnx_tensor("w2", {6, 4, 3, 3}, onnx_ramp(216, 0.05f)),
                      onnx_tensor("fc", {3, 6}, onnx_ramp(18, 0.2f))};
  const ProtoWriter pads = onnx_ints("pads", {1, 1, 1, 1});
  out.nodes = {onnx_node("Conv", "first", {"x", "w1"}, {"c1"}, {pads}),
               onnx_node("Relu", "relu1", {"c1"}, {"r1"}),
               onnx_node("Conv", "second", {"r1", "w2"}, {"c2"}, {pads}),
               onnx_node("Relu", "relu2", {"c2"}, {"r2"}),
               onnx_node("GlobalAveragePool", "pool", {"r2"}, {"p"}),
               onnx_node("Flatten", "flatten", {"p"}, {"f"}),
               onnx_node("Gemm", "classes", {"f", "fc"}, {"y"}, {onnx_int("transB", 1)})};
  return out;
}

}  // namespace convscope
