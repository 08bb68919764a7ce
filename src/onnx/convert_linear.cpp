// Fully connected layers and matrix products.
#include <format>

#include "onnx/op_map.h"
#include "onnx/per_channel.h"

namespace convscope::onnx {
namespace {

// A flattened picture that stands channels-last: its elements as they stand, and the columns of the
// weight (M×K) put into the same order. Nothing where the input is no such thing.
Result<std::optional<ValueId>> unflattened_input(const NodeConverter& node, HostTensor& weight) {
  const ImportedValue& flat = node.values[node.input(0)];
  if (!flat.forms.empty() || flat.flattened_from < 0) return std::nullopt;
  const ValueIndex source = flat.flattened_from;
  const Shape shape = node.values[source].shape, matrix = weight.shape;
  const Axes axes = node.values.native_axes(source);
  if (node.values.row_major(source) || axes[0] != 0 || flat.shape.rank() != 2 ||
      flat.shape[0] != shape[0])
    return std::nullopt;
  // K as C×H×W, so that it can become H×W×C.
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  dims[0] = matrix[0];
  TRY(const HostTensor moved, transposed(weight.reshaped(Shape(dims)), axes));
  weight = moved.reshaped(matrix);
  TRY(const ValueId picture, node.values.form(source, axes));
  TRY(const ValueId x, node.emit(make_flatten(1), {picture}, ".flattened"));
  return x;
}

// The second operand as M×K: one row for each output.
Result<HostTensor> weight_matrix(const NodeConverter& node, bool by_output) {
  TRY(HostTensor values, node.constant(1, "weight"));
  if (values.shape.rank() != 2) return damaged("its weight is no matrix");
  // A fresh copy either way: initializers share their memory.
  return transposed(values, by_output ? Axes{0, 1} : Axes{1, 0});
}

// x·weight^T with what follows folded in. `x` must be N×K, `weight` M×K and its own.
Status give_product(const NodeConverter& node, const Axes& x_axes, HostTensor weight,
                    PerChannel affine, bool has_bias) {
  const int64_t inputs = weight.shape[1];
  if (node.shape()[x_axes[1]] != inputs) {
    return damaged(std::format("its input {} does not fit its weight of {} inputs",
                               node.shape().text(), inputs));
  }
  const Followers followers = absorb_followers(node, 1, 2, affine);
  std::optional<ValueId> x;
  if (x_axes[0] == 0) {
    TRY(x, unflattened_input(node, weight));
  }
  if (!x) {
    TRY(x, node.form(0, x_axes));
  }
  affine.scale_rows(weight);
  TRY(const ValueId w, node.parameter(".weight", weight));
  ValueId y;
  if (has_bias || followers.count > 0) {
    TRY(const HostTensor shift, affine.shift_tensor());
    TRY(const ValueId bias, node.parameter(".bias", shift));
    TRY(y, node.emit(make_gemm(true), {*x, w, bias}));
  } else {
    TRY(y, node.emit(make_gemm(true), {*x, w}));
  }
  node.give_value(y, plain_axes(2), followers.output);
  return {};
}

// alpha·A·B + beta·C where B, or C in a shape that is no bias, is computed.
Status give_general(const NodeConverter& node, const Axes& a_axes, bool transpose_b, float alpha,
                    float beta) {
  TRY(const ValueId a, node.form(0, a_axes));
  TRY(const ValueId b, node.form(1, transpose_b ? Axes{1, 0} : plain_axes(2)));
  TRY(ValueId y, node.emit(make_op("MatMul", {}), {a, b}, ".product"));
  if (alpha != 1) {
    TRY(y, node.emit(make_scale(alpha), {y}, ".scaled"));
  }
  if (node.has_input(2)) {
    TRY(ValueId c, node.values.broadcast_form(node.input(2), plain_axes(2)));
    if (beta != 1) {
      TRY(c, node.emit(make_scale(beta), {c}, ".bias"));
    }
    TRY(y, node.emit(make_add(), {y, c}));
  }
  node.give(y, plain_axes(2));
  return {};
}

// NumPy's rule: a vector on the left is a row, on the right a column, and the extent of 1 that it
// gets goes again.
Status give_vector_product(const NodeConverter& node) {
  const Shape &left = node.shape(0), &right = node.shape(1);
  if (left.rank() == 0 || right.rank() == 0) return damaged("one of its operands is a number");
  TRY(ValueId a, node.form(0, plain_axes(left.rank())));
  TRY(ValueId b, node.form(1, plain_axes(right.rank())));
  if (left.rank() == 1) {
    TRY(a, node.emit(make_reshape({1, left[0]}), {a}, ".row"));
  }
  if (right.rank() == 1) {
    TRY(b, node.emit(make_reshape({right[0], 1}), {b}, ".column"));
  }
  TRY(ValueId y, node.emit(make_op("MatMul", {}), {a, b}, ".product"));
  const Shape& product = node.values.shape(y);
  std::vector<int64_t> dims(product.dims().begin(), product.dims().end());
  if (right.rank() == 1) dims.pop_back();
  if (left.rank() == 1) dims.erase(dims.end() - (right.rank() == 1 ? 1 : 2));
  const Shape shape{std::span<const int64_t>(dims)};
  TRY(y, node.emit(make_reshape(shape), {y}));
  node.give(y, plain_axes(shape.rank()));
  return {};
}

// C as one number for each output, where it is that.
Result<std::optional<HostTensor>> gemm_bias(const NodeConverter& node, int64_t outputs) {
  TRY(auto bias, node.values.constant(node.input(2)));
  if (!bias) return std::nullopt;
  const Shape& shape = bias->shape;
  if (shape.rank() > 2 || (shape.rank() == 2 && shape[0] != 1)) return std::nullopt;
  if (bias->elements() != outputs && bias->elements() != 1) return std::nullopt;
  return bias;
}

}  // namespace

Status convert_gemm(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  TRY_STATUS(node.want_floats());
  if (node.shape(0).rank() != 2 || node.shape(1).rank() != 2) {
    return damaged(std::format("it wants two matrices; got {} and {}", node.shape(0).text(),
                               node.shape(1).text()));
  }
  TRY(const float alpha, node.node.number("alpha", 1));
  TRY(const float beta, node.node.number("beta", 1));
  TRY(const int64_t transpose_a, node.node.integer("transA", 0));
  TRY(const int64_t transpose_b, node.node.integer("transB", 0));
  const Axes a_axes = transpose_a != 0 ? Axes{1, 0} : plain_axes(2);
  TRY(const auto constant, node.values.constant(node.input(1)));
  if (!constant) return give_general(node, a_axes, transpose_b != 0, alpha, beta);
  TRY(HostTensor weight, weight_matrix(node, transpose_b != 0));
  PerChannel affine(weight.shape[0]);
  for (double& scale : affine.scale) scale = static_cast<double>(alpha);
  const bool has_bias = node.has_input(2);
  if (has_bias) {
    TRY(const auto bias, gemm_bias(node, weight.shape[0]));
    if (!bias) return give_general(node, a_axes, transpose_b != 0, alpha, beta);
    TRY_STATUS(affine.add(*bias, "bias"));
    for (double& shift : affine.shift) shift *= static_cast<double>(beta);
  }
  return give_product(node, a_axes, std::move(weight), std::move(affine), has_bias);
}

Status convert_matmul(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  TRY_STATUS(node.want_floats());
  const int rank_a = node.shape(0).rank(), rank_b = node.shape(1).rank();
  if (rank_a < 2 || rank_b < 2) return give_vector_product(node);
  if (rank_a == 2 && rank_b == 2) {
    TRY(const auto constant, node.values.constant(node.input(1)));
    if (constant) {
      TRY(HostTensor weight, weight_matrix(node, false));
      PerChannel affine(weight.shape[0]);
      return give_product(node, plain_axes(2), std::move(weight), std::move(affine), false);
    }
  }
  TRY(const ValueId a, node.form(0, plain_axes(rank_a)));
  TRY(const ValueId b, node.form(1, plain_axes(rank_b)));
  TRY(const ValueId y, node.emit(make_op("MatMul", {}), {a, b}));
  node.give(y, plain_axes(std::max(rank_a, rank_b)));
  return {};
}

}  // namespace convscope::onnx
