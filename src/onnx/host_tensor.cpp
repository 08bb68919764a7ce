#include "onnx/host_tensor.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <format>

namespace convscope::onnx {
namespace {

// IEEE 754 half to single precision: 5 bits of exponent become 8; subnormals by multiplication.
float float_from_half(uint16_t half) {
  const uint32_t sign = uint32_t{half} >> 15 << 31, exponent = half >> 10 & 31,
                 mantissa = half & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f80'0000u | mantissa << 13);
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

float float_from_bfloat(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

template <typename T>
T load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

// Bytes of one element in raw_data; 0 for a type that ConvScope does not read.
size_t element_bytes(DataType type) {
  switch (type) {
    case DataType::kUint8:
    case DataType::kInt8:
    case DataType::kBool:
      return 1;
    case DataType::kUint16:
    case DataType::kInt16:
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return 2;
    case DataType::kFloat:
    case DataType::kInt32:
    case DataType::kUint32:
      return 4;
    case DataType::kInt64:
    case DataType::kUint64:
    case DataType::kDouble:
      return 8;
    default:
      return 0;
  }
}

float raw_float(const uint8_t* from, DataType type) {
  switch (type) {
    case DataType::kFloat16:
      return float_from_half(load<uint16_t>(from));
    case DataType::kBfloat16:
      return float_from_bfloat(load<uint16_t>(from));
    case DataType::kDouble:
      return static_cast<float>(load<double>(from));
    default:
      return load<float>(from);
  }
}

int64_t raw_integer(const uint8_t* from, DataType type) {
  switch (type) {
    case DataType::kInt8:
      return load<int8_t>(from);
    case DataType::kUint16:
      return load<uint16_t>(from);
    case DataType::kInt16:
      return load<int16_t>(from);
    case DataType::kInt32:
      return load<int32_t>(from);
    case DataType::kUint32:
      return load<uint32_t>(from);
    case DataType::kInt64:
    case DataType::kUint64:
      return load<int64_t>(from);
    case DataType::kBool:
      return *from != 0;
    default:
      return *from;
  }
}

// Hands `take` every number of packed varints.
template <typename Take>
Status for_each_varint(const std::vector<Bytes>& pieces, const Take& take) {
  for (Bytes piece : pieces) {
    for (Cursor cursor(piece); !cursor.at_end();) {
      TRY(const uint64_t value, cursor.varint());
      if (!take(value)) return {};
    }
  }
  return {};
}

class Decoder {
 public:
  explicit Decoder(const TensorProto& proto) : proto_(proto) {}

  Result<HostTensor> decode() {
    TRY_STATUS(check());
    out_.type = proto_.type;
    const bool floats = out_.is_float();
    if (floats) {
      TRY(out_.floats, Tensor::uninitialised(out_.shape));
    } else {
      out_.integers.resize(static_cast<size_t>(out_.elements()));
    }
    if (proto_.raw) {
      TRY_STATUS(read_raw());
    } else {
      TRY_STATUS(read_typed());
    }
    return std::move(out_);
  }

 private:
  std::string name() const {
    return proto_.name.empty() ? "a constant" : "the tensor " + quotable(proto_.name);
  }
  std::unexpected<Error> wrong_count(int64_t got) const {
    return damaged(std::format("{} of shape {} has {} numbers, want {}", name(), out_.shape.text(),
                               got, out_.elements()));
  }

  Status check() {
    if (proto_.external) {
      return fail(
          ErrorCode::kUnsupported,
          std::format("{} keeps its numbers in another file ({}); export the model as one file",
                      name(), quotable(proto_.external_location)));
    }
    if (element_bytes(proto_.type) == 0) {
      return fail(ErrorCode::kUnsupported,
                  std::format("{} has the element type {}, want float32, float16, bfloat16, "
                              "float64 or integers; export the model in float32",
                              name(), data_type_name(proto_.type)));
    }
    TRY(out_.shape, checked_shape(proto_.dims, name()));
    // What is claimed must be there, before memory is asked for.
    if (proto_.raw) {
      const size_t wanted = static_cast<size_t>(out_.elements()) * element_bytes(proto_.type);
      if (proto_.raw->size() != wanted) {
        return damaged(std::format("{} of shape {} has {} bytes, want {}", name(),
                                   out_.shape.text(), proto_.raw->size(), wanted));
      }
      return {};
    }
    size_t bytes = 0;
    for (const auto* pieces :
         {&proto_.floats, &proto_.int32s, &proto_.int64s, &proto_.doubles, &proto_.uint64s}) {
      for (Bytes piece : *pieces) bytes += piece.size();
    }
    if (static_cast<int64_t>(bytes) < out_.elements()) {
      return damaged(std::format("{} of shape {} claims {} numbers and has {} bytes", name(),
                                 out_.shape.text(), out_.elements(), bytes));
    }
    return {};
  }

  Status read_raw() {
    const size_t step = element_bytes(proto_.type);
    const uint8_t* from = proto_.raw->data();
    if (out_.type == DataType::kFloat) {
      if (!proto_.raw->empty()) std::memcpy(out_.floats.data(), from, proto_.raw->size());
    } else if (out_.is_float()) {
      for (float& value : out_.floats.values()) {
        value = raw_float(from, out_.type);
        from += step;
      }
    } else {
      for (int64_t& value : out_.integers) {
        value = raw_integer(from, out_.type);
        from += step;
      }
    }
    return {};
  }

  Status read_typed() {
    switch (out_.type) {
      case DataType::kFloat:
        return read_fixed<float>(proto_.floats);
      case DataType::kDouble:
        return read_fixed<double>(proto_.doubles);
      case DataType::kFloat16:
        return read_varints(proto_.int32s, [this](size_t i, uint64_t value) {
          out_.floats.values()[i] = float_from_half(static_cast<uint16_t>(value));
        });
      case DataType::kBfloat16:
        return read_varints(proto_.int32s, [this](size_t i, uint64_t value) {
          out_.floats.values()[i] = float_from_bfloat(static_cast<uint16_t>(value));
        });
      default: {
        const auto& pieces = out_.type == DataType::kInt64 ? proto_.int64s
                             : out_.type == DataType::kUint32 || out_.type == DataType::kUint64
                                 ? proto_.uint64s
                                 : proto_.int32s;
        return read_varints(pieces, [this](size_t i, uint64_t value) {
          out_.integers[i] = wrapped(static_cast<int64_t>(value), out_.type);
        });
      }
    }
  }

  template <typename T>
  Status read_fixed(const std::vector<Bytes>& pieces) {
    int64_t at = 0;
    for (Bytes piece : pieces) {
      if (piece.size() % sizeof(T) != 0) return damaged(name() + " has a part of a number");
      for (size_t i = 0; i < piece.size(); i += sizeof(T)) {
        if (at == out_.elements()) return wrong_count(at + 1);
        out_.floats.data()[at++] = static_cast<float>(load<T>(piece.data() + i));
      }
    }
    return at == out_.elements() ? Status() : Status(wrong_count(at));
  }

  template <typename Store>
  Status read_varints(const std::vector<Bytes>& pieces, const Store& store) {
    int64_t at = 0;
    TRY_STATUS(for_each_varint(pieces, [&](uint64_t value) {
      if (at == out_.elements()) return ++at, false;
      store(static_cast<size_t>(at++), value);
      return true;
    }));
    return at == out_.elements() ? Status() : Status(wrong_count(at));
  }

  const TensorProto& proto_;
  HostTensor out_;
};

template <typename T>
void permute(std::span<const T> from, const Shape& from_shape, std::span<const int> permutation,
             const Shape& to_shape, T* to) {
  const int rank = to_shape.rank();
  std::array<int64_t, kMaxRank> stride{}, step{}, at{};
  int64_t product = 1;
  for (int i = rank; i-- > 0;) {
    stride[static_cast<size_t>(i)] = product;
    product *= from_shape[i];
  }
  for (int i = 0; i < rank; ++i)
    step[static_cast<size_t>(i)] = stride[static_cast<size_t>(permutation[static_cast<size_t>(i)])];
  int64_t offset = 0;
  for (int64_t i = 0, count = to_shape.elements(); i < count; ++i) {
    to[i] = from[static_cast<size_t>(offset)];
    for (int axis = rank; axis-- > 0;) {
      const auto a = static_cast<size_t>(axis);
      offset += step[a];
      if (++at[a] < to_shape[axis]) break;
      offset -= step[a] * at[a];
      at[a] = 0;
    }
  }
}

}  // namespace

bool is_float_type(DataType type) {
  return type == DataType::kFloat || type == DataType::kFloat16 || type == DataType::kBfloat16 ||
         type == DataType::kDouble;
}

bool is_integer_type(DataType type) { return element_bytes(type) > 0 && !is_float_type(type); }

int64_t wrapped(int64_t value, DataType type) {
  switch (type) {
    case DataType::kBool:
      return value != 0;
    case DataType::kUint8:
      return static_cast<uint8_t>(value);
    case DataType::kInt8:
      return static_cast<int8_t>(value);
    case DataType::kUint16:
      return static_cast<uint16_t>(value);
    case DataType::kInt16:
      return static_cast<int16_t>(value);
    case DataType::kUint32:
      return static_cast<uint32_t>(value);
    case DataType::kInt32:
      return static_cast<int32_t>(value);
    default:
      return value;
  }
}

bool HostTensor::is_float() const { return is_float_type(type); }

Result<HostTensor> HostTensor::of_floats(const Shape& shape, DataType type) {
  HostTensor out{.type = type, .shape = shape, .floats = {}, .integers = {}};
  TRY(out.floats, Tensor::zeros(shape));
  return out;
}

HostTensor HostTensor::of_integers(const Shape& shape, std::vector<int64_t> values, DataType type) {
  CHECK(shape.elements() == static_cast<int64_t>(values.size()));
  return {.type = type, .shape = shape, .floats = {}, .integers = std::move(values)};
}

HostTensor HostTensor::reshaped(const Shape& to) const {
  CHECK(to.elements() == elements());
  HostTensor out = *this;
  out.shape = to;
  if (is_float()) out.floats = floats.reshaped(to);
  return out;
}

Result<HostTensor> transposed(const HostTensor& from, std::span<const int> permutation) {
  Shape to = from.shape;
  for (int i = 0; i < to.rank(); ++i) to.set(i, from.shape[permutation[static_cast<size_t>(i)]]);
  HostTensor out{.type = from.type, .shape = to, .floats = {}, .integers = {}};
  if (from.is_float()) {
    TRY(out.floats, Tensor::uninitialised(to));
    permute<float>(std::as_const(from.floats).values(), from.shape, permutation, to,
                   out.floats.data());
  } else {
    out.integers.resize(from.integers.size());
    permute<int64_t>(from.integers, from.shape, permutation, to, out.integers.data());
  }
  return out;
}

Result<Shape> checked_shape(std::span<const int64_t> dims, std::string_view what) {
  std::string text;
  for (int64_t extent : dims.first(std::min<size_t>(dims.size(), 8)))
    text += (text.empty() ? "" : "×") + std::to_string(extent);
  if (dims.size() > kMaxRank) {
    return fail(ErrorCode::kUnsupported,
                std::format("{} has {} axes, ConvScope's tensors at most {}; use another network",
                            what, dims.size(), kMaxRank));
  }
  int64_t elements = 1;
  for (int64_t extent : dims) {
    if (extent < 0)
      return damaged(std::format("{} has the negative extent {} in {}", what, extent, text));
  }
  for (int64_t extent : dims) {
    if (extent > kMaxTensorElements || (elements *= extent) > kMaxTensorElements) {
      return fail(ErrorCode::kTooLarge,
                  std::format("{} of shape {} is too large, want at most {} numbers; use a smaller "
                              "network",
                              what, text, kMaxTensorElements));
    }
  }
  return Shape(dims);
}

Result<HostTensor> decode_tensor(const TensorProto& proto) { return Decoder(proto).decode(); }

}  // namespace convscope::onnx
