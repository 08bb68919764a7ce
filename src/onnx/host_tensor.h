// HostTensor: a tensor whose numbers are known at import: a weight, a shape, a piece of shape
// arithmetic.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "onnx/proto.h"
#include "tensor/tensor.h"

namespace convscope::onnx {

// Floating point types are held as float32, as ConvScope computes; integers and booleans as int64.
struct HostTensor {
  DataType type = DataType::kFloat;  // what the file says; exponents and signs follow it
  Shape shape;
  Tensor floats;                  // where is_float()
  std::vector<int64_t> integers;  // where not

  bool is_float() const;
  int64_t elements() const { return shape.elements(); }
  double number(int64_t i) const {
    return is_float() ? static_cast<double>(floats.values()[static_cast<size_t>(i)])
                      : static_cast<double>(integers[static_cast<size_t>(i)]);
  }

  static Result<HostTensor> of_floats(const Shape& shape, DataType type = DataType::kFloat);
  static HostTensor of_integers(const Shape& shape, std::vector<int64_t> values,
                                DataType type = DataType::kInt64);
  // The same numbers in the same order under another shape with as many elements.
  HostTensor reshaped(const Shape& to) const;
};

bool is_float_type(DataType type);
// Integers and bool of every width.
bool is_integer_type(DataType type);
// What a number of an integer type becomes when it is stored: uint8 keeps 8 bits, bool 0 or 1.
int64_t wrapped(int64_t value, DataType type);

// Elements row-major with axis i of the result being axis `permutation[i]` of `from`.
Result<HostTensor> transposed(const HostTensor& from, std::span<const int> permutation);

// A shape of checked extents: at least 0, at most kMaxRank of them, at most kMaxTensorElements
// elements. `what` begins the error's sentence.
Result<Shape> checked_shape(std::span<const int64_t> dims, std::string_view what);

// Decodes an initializer or attribute. Errors name the tensor: external data, unknown types, sizes
// that do not fit the shape.
Result<HostTensor> decode_tensor(const TensorProto& proto);

}  // namespace convscope::onnx
