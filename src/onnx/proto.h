// A typed view of an ONNX file (onnx.proto, IR versions 3 to 13): only what matters to a
// convolutional network. Names and data are views into the file's bytes, which must outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onnx/wire.h"

namespace convscope::onnx {

// What a file may claim. Far beyond any real network, and far from what would exhaust memory.
// Nesting needs no number: a graph within an attribute is noticed and never read, and groups are
// refused (wire.h), so that reading goes as deep as the types below, whatever the file holds.
inline constexpr int64_t kMaxFileBytes = int64_t{1} << 30;
inline constexpr size_t kMaxNodes = 100'000;
inline constexpr size_t kMaxInitializers = 100'000;
inline constexpr size_t kMaxListEntries = 1
                                          << 20;  // inputs, outputs, attributes, attribute numbers
inline constexpr size_t kMaxNameBytes = 1024;
inline constexpr int64_t kMaxTensorElements = int64_t{1} << 28;
// That folding may make in all: a small file must not fill the memory.
inline constexpr int64_t kMaxFoldedElements = int64_t{1} << 28;

// TensorProto.DataType
enum class DataType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kComplex64 = 14,
  kComplex128 = 15,
  kBfloat16 = 16,
};
// "float32", "int64" …; "type 21" for one without a name here.
std::string data_type_name(DataType type);

struct TensorProto {
  std::string_view name;
  DataType type = DataType::kUndefined;
  std::vector<int64_t> dims;
  bool external = false;
  std::string_view external_location;
  std::optional<Bytes> raw;
  // Packed pieces of float_data, int32_data, int64_data, double_data and uint64_data; a file may
  // cut each into many.
  std::vector<Bytes> floats, int32s, int64s, doubles, uint64s;
};

struct AttributeProto {
  // AttributeProto.AttributeType, of what ConvScope reads; anything else is kOther.
  enum class Type : uint8_t { kNone, kFloat, kInt, kString, kTensor, kFloats, kInts, kOther };
  std::string_view name;
  Type type = Type::kNone;
  float f = 0;
  int64_t i = 0;
  std::string_view s;
  std::optional<TensorProto> t;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  bool has_graph = false, is_reference = false;
};

struct NodeProto {
  std::string_view name, op_type, domain;
  std::vector<std::string_view> inputs, outputs;  // an empty name is an input that is left out
  std::vector<AttributeProto> attributes;

  const AttributeProto* find(std::string_view attribute) const;
  bool has(std::string_view attribute) const { return find(attribute) != nullptr; }
  // The attribute or, where it is missing, the fallback; `malformed` where it has another type.
  Result<int64_t> integer(std::string_view attribute, int64_t fallback) const;
  Result<float> number(std::string_view attribute, float fallback) const;
  Result<std::string_view> text(std::string_view attribute, std::string_view fallback) const;
  Result<std::vector<int64_t>> integers(std::string_view attribute,
                                        std::vector<int64_t> fallback) const;
  // The node's name, or its first output's where it has none: what people are told.
  std::string label() const;
};

// An extent of a declared shape; nothing where it is unknown or has only a name ("batch").
using Extent = std::optional<int64_t>;

struct ValueInfoProto {
  enum class Kind : uint8_t { kNone, kTensor, kSequence, kMap, kOptional, kSparse };
  std::string_view name;
  Kind kind = Kind::kNone;
  DataType type = DataType::kUndefined;
  std::optional<std::vector<Extent>> shape;  // nothing: even the rank is unknown
};

struct GraphProto {
  std::string_view name;
  std::vector<NodeProto> nodes;
  std::vector<TensorProto> initializers;
  std::vector<ValueInfoProto> inputs, outputs;
  bool has_sparse_initializers = false;
};

struct Metadata {
  std::string_view key, value;
};

struct ModelProto {
  int64_t opset = 0;  // of the default domain
  std::string_view producer;
  GraphProto graph;
  std::vector<Metadata> metadata;
  bool has_functions = false;
};

// Errors: `malformed` for bytes that are no ONNX model, `too_large` beyond a limit above.
Result<ModelProto> read_model(Bytes file);
// A file that holds one TensorProto (ONNX's test data).
Result<TensorProto> read_tensor(Bytes file);

// A name as a message may quote it: control characters replaced, long ones cut.
std::string quotable(std::string_view name);

}  // namespace convscope::onnx
