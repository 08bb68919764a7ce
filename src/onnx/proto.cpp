#include "onnx/proto.h"

#include <algorithm>
#include <cstring>
#include <format>

namespace convscope::onnx {
namespace {

Status want(const Field& field, WireType type, std::string_view what) {
  if (field.is(type)) return {};
  return damaged(std::format("{} has the wire type {}, want {}", what, static_cast<int>(field.type),
                             static_cast<int>(type)));
}

Status too_many(std::string_view what, size_t limit) {
  return fail(ErrorCode::kTooLarge,
              std::format("the ONNX file has more than {} {}; use a smaller network", limit, what));
}

template <typename T>
Status append(std::vector<T>& list, T item, std::string_view what, size_t limit = kMaxListEntries) {
  if (list.size() >= limit) return too_many(what, limit);
  list.push_back(std::move(item));
  return {};
}

Status read_name(const Field& field, std::string_view what, std::string_view& out) {
  TRY_STATUS(want(field, WireType::kLength, what));
  if (field.bytes.size() > kMaxNameBytes) {
    return fail(ErrorCode::kTooLarge,
                std::format("the ONNX file has {} of {} bytes, want at most {}; export it again "
                            "with shorter names",
                            what, field.bytes.size(), kMaxNameBytes));
  }
  out = field.text();
  return {};
}

// A repeated number, packed or one by one: the bytes that encode it.
Status read_packed(const Field& field, WireType element, std::string_view what,
                   std::vector<Bytes>& out) {
  if (!field.is(WireType::kLength)) TRY_STATUS(want(field, element, what));
  // One entry for each element where the writer did not pack them.
  return append(out, field.bytes, what, static_cast<size_t>(kMaxTensorElements));
}

Status read_integers(const Field& field, std::string_view what, std::vector<int64_t>& out) {
  if (!field.is(WireType::kLength)) {
    TRY_STATUS(want(field, WireType::kVarint, what));
    return append(out, field.integer(), what);
  }
  Cursor cursor(field.bytes);
  while (!cursor.at_end()) {
    TRY(const uint64_t value, cursor.varint());
    TRY_STATUS(append(out, static_cast<int64_t>(value), what));
  }
  return {};
}

Status read_floats(const Field& field, std::vector<float>& out) {
  if (!field.is(WireType::kLength)) TRY_STATUS(want(field, WireType::kFixed32, "a list of floats"));
  if (field.bytes.size() % 4 != 0) return damaged("a list of floats has a part of a number");
  const size_t count = field.bytes.size() / 4, old = out.size();
  if (old + count > kMaxListEntries) return too_many("numbers in an attribute", kMaxListEntries);
  out.resize(old + count);
  if (count > 0) std::memcpy(out.data() + old, field.bytes.data(), count * 4);
  return {};
}

// StringStringEntryProto
Result<Metadata> parse_entry(Bytes bytes) {
  Metadata out;
  for (Cursor cursor(bytes); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    if (field.number > 2) continue;
    TRY_STATUS(want(field, WireType::kLength, "a metadata entry"));
    (field.number == 1 ? out.key : out.value) = field.text();
  }
  return out;
}

Status read_external(const Field& field, TensorProto& out) {
  TRY_STATUS(want(field, WireType::kLength, "external_data"));
  TRY(const Metadata entry, parse_entry(field.bytes));
  out.external = true;
  if (entry.key == "location") out.external_location = entry.value;
  return {};
}

Status read_tensor_field(const Field& field, TensorProto& out) {
  switch (field.number) {
    case 1:
      return read_integers(field, "a tensor's dims", out.dims);
    case 2:
      TRY_STATUS(want(field, WireType::kVarint, "a tensor's type"));
      out.type = static_cast<DataType>(static_cast<int32_t>(field.value));
      return {};
    case 4:
      return read_packed(field, WireType::kFixed32, "float_data", out.floats);
    case 5:
      return read_packed(field, WireType::kVarint, "int32_data", out.int32s);
    case 7:
      return read_packed(field, WireType::kVarint, "int64_data", out.int64s);
    case 8:
      return read_name(field, "a tensor's name", out.name);
    case 9:
      TRY_STATUS(want(field, WireType::kLength, "raw_data"));
      out.raw = field.bytes;
      return {};
    case 10:
      return read_packed(field, WireType::kFixed64, "double_data", out.doubles);
    case 11:
      return read_packed(field, WireType::kVarint, "uint64_data", out.uint64s);
    case 13:
      return read_external(field, out);
    case 14:
      out.external = out.external || field.value == 1;
      return {};
    default:
      return {};
  }
}

Result<TensorProto> parse_tensor(Bytes bytes) {
  TensorProto out;
  for (Cursor cursor(bytes); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    TRY_STATUS(read_tensor_field(field, out));
  }
  return out;
}

AttributeProto::Type attribute_type(int64_t type) {
  using Type = AttributeProto::Type;
  switch (type) {
    case 1:
      return Type::kFloat;
    case 2:
      return Type::kInt;
    case 3:
      return Type::kString;
    case 4:
      return Type::kTensor;
    case 6:
      return Type::kFloats;
    case 7:
      return Type::kInts;
    default:
      return Type::kOther;
  }
}

Status read_attribute_field(const Field& field, AttributeProto& out) {
  switch (field.number) {
    case 1:
      return read_name(field, "an attribute's name", out.name);
    case 2:
      TRY_STATUS(want(field, WireType::kFixed32, "a float attribute"));
      out.f = field.number32();
      return {};
    case 3:
      TRY_STATUS(want(field, WireType::kVarint, "an integer attribute"));
      out.i = field.integer();
      return {};
    case 4:
      TRY_STATUS(want(field, WireType::kLength, "a text attribute"));
      out.s = field.text();
      return {};
    case 5: {
      TRY_STATUS(want(field, WireType::kLength, "a tensor attribute"));
      TRY(out.t, parse_tensor(field.bytes));
      return {};
    }
    case 6:
    case 11:
      out.has_graph = true;
      return {};
    case 7:
      return read_floats(field, out.floats);
    case 8:
      return read_integers(field, "an attribute's integers", out.ints);
    case 20:
      TRY_STATUS(want(field, WireType::kVarint, "an attribute's type"));
      out.type = attribute_type(field.integer());
      return {};
    case 21:
      out.is_reference = true;
      return {};
    default:
      return {};
  }
}

Result<AttributeProto> parse_attribute(Bytes bytes) {
  AttributeProto out;
  for (Cursor cursor(bytes); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    TRY_STATUS(read_attribute_field(field, out));
  }
  return out;
}

Status read_node_field(const Field& field, NodeProto& out) {
  std::string_view name;
  switch (field.number) {
    case 1:
      TRY_STATUS(read_name(field, "an input's name", name));
      return append(out.inputs, name, "inputs of a node");
    case 2:
      TRY_STATUS(read_name(field, "an output's name", name));
      return append(out.outputs, name, "outputs of a node");
    case 3:
      return read_name(field, "a node's name", out.name);
    case 4:
      return read_name(field, "an operator's name", out.op_type);
    case 5: {
      TRY_STATUS(want(field, WireType::kLength, "an attribute"));
      TRY(AttributeProto attribute, parse_attribute(field.bytes));
      return append(out.attributes, std::move(attribute), "attributes of a node");
    }
    case 7:
      return read_name(field, "an operator's domain", out.domain);
    default:
      return {};
  }
}

Result<NodeProto> parse_node(Bytes bytes) {
  NodeProto out;
  for (Cursor cursor(bytes); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    TRY_STATUS(read_node_field(field, out));
  }
  return out;
}

Result<std::vector<Extent>> parse_shape(Bytes bytes) {
  std::vector<Extent> out;
  for (Cursor cursor(bytes); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    if (field.number != 1) continue;
    TRY_STATUS(want(field, WireType::kLength, "an extent of a shape"));
    Extent extent;
    for (Cursor inner(field.bytes); !inner.at_end();) {
      TRY(const Field part, inner.next());
      if (part.number == 1 && part.is(WireType::kVarint)) extent = part.integer();
    }
    TRY_STATUS(append(out, extent, "extents of a shape"));
  }
  return out;
}

Status read_tensor_type(Bytes bytes, ValueInfoProto& out) {
  for (Cursor cursor(bytes); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    if (field.number == 1) {
      TRY_STATUS(want(field, WireType::kVarint, "an element type"));
      out.type = static_cast<DataType>(static_cast<int32_t>(field.value));
    } else if (field.number == 2) {
      TRY_STATUS(want(field, WireType::kLength, "a shape"));
      TRY(out.shape, parse_shape(field.bytes));
    }
  }
  return {};
}

// TypeProto; the element types of sequences and maps are not looked at.
Status read_type(Bytes bytes, ValueInfoProto& out) {
  using Kind = ValueInfoProto::Kind;
  for (Cursor cursor(bytes); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    switch (field.number) {
      case 1:
        TRY_STATUS(want(field, WireType::kLength, "a tensor type"));
        TRY_STATUS(read_tensor_type(field.bytes, out));
        out.kind = Kind::kTensor;
        break;
      case 4:
        out.kind = Kind::kSequence;
        break;
      case 5:
        out.kind = Kind::kMap;
        break;
      case 8:
        out.kind = Kind::kSparse;
        break;
      case 9:
        out.kind = Kind::kOptional;
        break;
      default:
        break;
    }
  }
  return {};
}

Result<ValueInfoProto> parse_value_info(Bytes bytes) {
  ValueInfoProto out;
  for (Cursor cursor(bytes); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    if (field.number == 1) TRY_STATUS(read_name(field, "a value's name", out.name));
    if (field.number == 2) {
      TRY_STATUS(want(field, WireType::kLength, "a value's type"));
      TRY_STATUS(read_type(field.bytes, out));
    }
  }
  return out;
}

Status read_graph_field(const Field& field, GraphProto& out) {
  const bool message =
      field.number == 1 || field.number == 5 || field.number == 11 || field.number == 12;
  if (message) TRY_STATUS(want(field, WireType::kLength, "a part of the graph"));
  switch (field.number) {
    case 1: {
      TRY(NodeProto node, parse_node(field.bytes));
      return append(out.nodes, std::move(node), "nodes", kMaxNodes);
    }
    case 2:
      return read_name(field, "a graph's name", out.name);
    case 5: {
      TRY(TensorProto tensor, parse_tensor(field.bytes));
      return append(out.initializers, std::move(tensor), "initializers", kMaxInitializers);
    }
    case 11: {
      TRY(ValueInfoProto input, parse_value_info(field.bytes));
      return append(out.inputs, std::move(input), "graph inputs");
    }
    case 12: {
      TRY(ValueInfoProto output, parse_value_info(field.bytes));
      return append(out.outputs, std::move(output), "graph outputs");
    }
    case 15:
      out.has_sparse_initializers = true;
      return {};
    default:
      return {};
  }
}

Status read_opset(Bytes bytes, ModelProto& out) {
  std::string_view domain;
  int64_t version = 0;
  for (Cursor cursor(bytes); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    if (field.number == 1) TRY_STATUS(read_name(field, "an operator set's name", domain));
    if (field.number == 2) version = field.integer();
  }
  if (domain.empty() || domain == "ai.onnx") out.opset = version;
  return {};
}

Status read_model_field(const Field& field, ModelProto& out) {
  if (field.number == 2 || field.number == 7 || field.number == 8 || field.number == 14)
    TRY_STATUS(want(field, WireType::kLength, "a part of the model"));
  switch (field.number) {
    case 2:
      return read_name(field, "the producer's name", out.producer);
    case 7:
      for (Cursor cursor(field.bytes); !cursor.at_end();) {
        TRY(const Field part, cursor.next());
        TRY_STATUS(read_graph_field(part, out.graph));
      }
      return {};
    case 8:
      return read_opset(field.bytes, out);
    case 14: {
      TRY(const Metadata entry, parse_entry(field.bytes));
      return append(out.metadata, entry, "metadata entries");
    }
    case 25:
      out.has_functions = true;
      return {};
    default:
      return {};
  }
}

// Older exporters leave AttributeProto.type out; the field that is there tells it.
AttributeProto::Type type_of(const AttributeProto& attribute) {
  using Type = AttributeProto::Type;
  if (attribute.type != Type::kNone) return attribute.type;
  if (attribute.t) return Type::kTensor;
  if (!attribute.ints.empty()) return Type::kInts;
  if (!attribute.floats.empty()) return Type::kFloats;
  if (!attribute.s.empty()) return Type::kString;
  return attribute.f != 0 ? Type::kFloat : Type::kInt;
}

std::unexpected<Error> wrong_type(std::string_view attribute, std::string_view wanted) {
  return damaged(std::format("the attribute {} is not {}", quotable(attribute), wanted));
}

}  // namespace

std::string data_type_name(DataType type) {
  static constexpr std::string_view kNames[] = {
      "undefined", "float32", "uint8",     "int8",       "uint16",  "int16",
      "int32",     "int64",   "string",    "bool",       "float16", "float64",
      "uint32",    "uint64",  "complex64", "complex128", "bfloat16"};
  const auto index = static_cast<size_t>(type);
  if (static_cast<int32_t>(type) >= 0 && index < std::size(kNames))
    return std::string(kNames[index]);
  return std::format("type {}", static_cast<int32_t>(type));
}

const AttributeProto* NodeProto::find(std::string_view attribute) const {
  const auto found = std::ranges::find(attributes, attribute, &AttributeProto::name);
  return found == attributes.end() ? nullptr : &*found;
}

Result<int64_t> NodeProto::integer(std::string_view attribute, int64_t fallback) const {
  const AttributeProto* found = find(attribute);
  if (found == nullptr) return fallback;
  if (type_of(*found) != AttributeProto::Type::kInt) return wrong_type(attribute, "an integer");
  return found->i;
}

Result<float> NodeProto::number(std::string_view attribute, float fallback) const {
  const AttributeProto* found = find(attribute);
  if (found == nullptr) return fallback;
  // Without a declared type a float of 0 looks like an integer.
  const auto type = type_of(*found);
  if (type != AttributeProto::Type::kFloat &&
      !(found->type == AttributeProto::Type::kNone && found->i == 0))
    return wrong_type(attribute, "a float");
  return found->f;
}

Result<std::string_view> NodeProto::text(std::string_view attribute,
                                         std::string_view fallback) const {
  const AttributeProto* found = find(attribute);
  if (found == nullptr) return fallback;
  if (type_of(*found) != AttributeProto::Type::kString) return wrong_type(attribute, "a text");
  return found->s;
}

Result<std::vector<int64_t>> NodeProto::integers(std::string_view attribute,
                                                 std::vector<int64_t> fallback) const {
  const AttributeProto* found = find(attribute);
  if (found == nullptr) return fallback;
  const auto type = type_of(*found);
  if (type != AttributeProto::Type::kInts && found->type != AttributeProto::Type::kNone)
    return wrong_type(attribute, "a list of integers");
  return found->ints;
}

std::string NodeProto::label() const {
  if (!name.empty()) return quotable(name);
  for (std::string_view output : outputs) {
    if (!output.empty()) return quotable(output);
  }
  return quotable(op_type);
}

std::string quotable(std::string_view name) {
  constexpr size_t kLongest = 120;
  std::string out(name.substr(0, kLongest));
  // A cut must not leave a part of a character behind.
  if (name.size() > kLongest) {
    while (!out.empty() && (static_cast<uint8_t>(out.back()) & 0xc0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<uint8_t>(out.back()) >= 0xc0) out.pop_back();
    out += "…";
  }
  for (char& c : out) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

Result<ModelProto> read_model(Bytes file) {
  if (file.empty())
    return fail(ErrorCode::kMalformed,
                "the ONNX file is empty (0 bytes); export or download it again");
  if (static_cast<int64_t>(file.size()) > kMaxFileBytes) {
    return fail(ErrorCode::kTooLarge,
                std::format("the ONNX file has {} MB, want at most {} MB; use a smaller network",
                            (file.size() >> 20) + 1, kMaxFileBytes >> 20));
  }
  ModelProto out;
  for (Cursor cursor(file); !cursor.at_end();) {
    TRY(const Field field, cursor.next());
    TRY_STATUS(read_model_field(field, out));
  }
  return out;
}

Result<TensorProto> read_tensor(Bytes file) { return parse_tensor(file); }

}  // namespace convscope::onnx
