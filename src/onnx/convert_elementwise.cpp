// Operators that work element by element: they stay in the layout of their largest operand.
#include <algorithm>
#include <cmath>
#include <format>
#include <limits>

#include "onnx/op_map.h"

namespace convscope::onnx {
namespace {

// The layout to work in: that of the largest operand of the result's rank that is not constant.
Axes working_axes(const NodeConverter& node, int rank) {
  int64_t largest = 0;
  Axes axes = plain_axes(rank);
  for (size_t i = 0; i < node.node.inputs.size(); ++i) {
    if (!node.has_input(i)) continue;
    const ImportedValue& value = node.values[node.input(i)];
    if (value.constant || value.shape.rank() != rank || value.shape.elements() <= largest) continue;
    largest = value.shape.elements();
    axes = node.native_axes(i);
  }
  return axes;
}

// Before operator set 7 the second operand's place was an attribute.
Status refuse_old_broadcast(const NodeConverter& node) {
  TRY(const int64_t broadcast, node.node.integer("broadcast", 0));
  if (broadcast == 0 || !node.node.has("axis")) return {};
  TRY(const int axis, node.view.axis(-1, node.shape(0).rank()));
  if (axis == node.shape(0).rank() - node.shape(1).rank()) return {};
  return unsupported(
      "it broadcasts along an axis of its own as before operator set 7; export the "
      "model with a newer operator set");
}

// Equal results of fewer nodes: x·c and x+c of one number, x to a constant power.
Result<std::optional<ValueId>> with_number(const NodeConverter& node, ValueId x, int64_t rank) {
  const HostTensor* constant = node.view.constant(1);
  if (node.node.inputs.size() != 2 || constant == nullptr || constant->elements() != 1 ||
      constant->shape.rank() > rank)
    return std::nullopt;
  const auto number = static_cast<float>(constant->number(0));
  const std::string_view op = node.node.op_type;
  Attributes attributes;
  std::string_view kind;
  if (op == "Mul" || op == "Div") {
    if (op == "Div" && number == 0) return std::nullopt;
    kind = "Scale";
    attributes.set("factor", std::format("{}", op == "Mul" ? number : 1 / number));
  } else if (op == "Pow") {
    kind = "Pow";
    attributes.set("exponent", std::format("{}", number));
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(number)) return std::nullopt;
  TRY(const ValueId out, node.emit(make_op(kind, attributes), {x}));
  return out;
}

}  // namespace

Status convert_elementwise(const NodeConverter& node) {
  const std::string_view op = node.node.op_type;
  const bool variadic = op == "Sum" || op == "Max" || op == "Min" || op == "Mean";
  TRY_STATUS(node.view.want_inputs(variadic ? 1 : 2));
  TRY_STATUS(node.want_floats());
  if (!variadic) TRY_STATUS(refuse_old_broadcast(node));
  Shape shape = node.shape(0);
  const size_t count = variadic ? node.node.inputs.size() : 2;
  for (size_t i = 1; i < count; ++i) {
    if (!broadcast_shapes(shape, node.shape(i), &shape)) {
      return damaged(std::format("the shapes {} and {} do not broadcast", node.shape(0).text(),
                                 node.shape(i).text()));
    }
  }
  const Axes axes = working_axes(node, shape.rank());
  TRY(ValueId out, node.values.broadcast_form(node.input(0), axes));
  TRY(const auto short_form, with_number(node, out, shape.rank()));
  if (short_form) {
    node.give(*short_form, axes);
    return {};
  }
  const std::string_view kind = op == "Sum" || op == "Mean" ? "Add" : op == "Pow" ? "Power" : op;
  for (size_t i = 1; i < count; ++i) {
    TRY(const ValueId operand, node.values.broadcast_form(node.input(i), axes));
    const bool last = i + 1 == count && op != "Mean";
    TRY(out, node.emit(make_op(kind, {}), {out, operand}, last ? "" : "." + std::to_string(i)));
  }
  if (op == "Mean") {
    TRY(out, node.emit(make_scale(1.0f / static_cast<float>(count)), {out}));
  }
  // Operands may all have been narrower than the result's rank.
  if (node.values.shape(out).rank() < shape.rank()) {
    TRY(out, node.emit(make_reshape(shape), {out}, ".reshaped"));
  }
  node.give(out, axes);
  return {};
}

Status convert_unary(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  Attributes attributes;
  for (const AttributeProto& attribute : node.node.attributes) {
    if (attribute.name == "consumed_inputs") continue;  // of operator sets before 6
    if (attribute.type == AttributeProto::Type::kString) {
      attributes.set(std::string(attribute.name), quotable(attribute.s));
      continue;
    }
    TRY(const float number, node.node.number(attribute.name, 0));
    attributes.set(std::string(attribute.name), std::format("{}", number));
  }
  TRY(const ValueId x, node.native());
  TRY(const ValueId out, node.emit(make_op(node.node.op_type, attributes), {x}));
  node.give(out, node.native_axes());
  return {};
}

// x · sigmoid(alpha · x): Ramachandran, Zoph & Le, arXiv:1710.05941.
Status convert_swish(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  TRY(const float alpha, node.node.number("alpha", 1));
  TRY(const ValueId x, node.native());
  ValueId inner = x;
  if (alpha != 1) {
    TRY(inner, node.emit(make_scale(alpha), {x}, ".scaled"));
  }
  TRY(const ValueId gate, node.emit(make_sigmoid(), {inner}, ".gate"));
  TRY(const ValueId y, node.emit(make_mul(), {x, gate}));
  node.give(y, node.native_axes());
  return {};
}

Status convert_prelu(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  const int rank = node.shape(0).rank();
  // Before operator set 7 the slope is one number for each channel.
  const bool by_channel = rank > 2 && node.shape(1).rank() == 1 &&
                          node.shape(1)[0] == node.shape(0)[1] && node.view.opset < 7;
  if (!by_channel) return convert_elementwise(node);
  TRY_STATUS(node.want_floats());
  TRY(const HostTensor slope, node.constant(1, "slope"));
  const Axes axes = node.native_axes();
  std::vector<int64_t> dims = {slope.elements()};
  dims.resize(static_cast<size_t>(rank - stored_axis(axes, 1)), 1);
  TRY(const ValueId x, node.native());
  TRY(const ValueId s, node.parameter(".slope", slope.reshaped(Shape(dims))));
  TRY(const ValueId y, node.emit(make_op("PRelu", {}), {x, s}));
  node.give(y, axes);
  return {};
}

Status convert_clip(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  TRY(const float minimum, node.view.number("min", 1, -kInfinity));
  TRY(const float maximum, node.view.number("max", 2, kInfinity));
  if (std::isnan(minimum) || std::isnan(maximum)) return damaged("its bounds are not numbers");
  TRY(ValueId out, node.native());
  // With crossed bounds ONNX gives the maximum everywhere.
  if (minimum > maximum) {
    TRY(out, node.emit(make_clip(maximum, maximum), {out}));
  } else if (minimum == 0 && maximum == kInfinity) {
    TRY(out, node.emit(make_relu(), {out}));
  } else {
    TRY(out, node.emit(make_clip(minimum, maximum), {out}));
  }
  node.give(out, node.native_axes());
  return {};
}

Status convert_same(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  const std::string_view op = node.node.op_type;
  if (op == "Cast" || op == "CastLike") {
    TRY_STATUS(node.want_floats());
    TRY(int64_t to, node.node.integer("to", 1));
    if (op == "CastLike") {
      TRY_STATUS(node.view.want_inputs(2));
      to = static_cast<int64_t>(node.values[node.input(1)].type);
    }
    if (!is_float_type(static_cast<DataType>(to))) {
      return unsupported(std::format("it casts the picture's numbers to {}, want float32",
                                     data_type_name(static_cast<DataType>(to))));
    }
  }
  if (op == "Dropout") {
    const HostTensor* training = node.view.constant(2);
    if (node.has_input(2) &&
        (training == nullptr || training->elements() != 1 || training->number(0) != 0)) {
      return unsupported("it is in training mode; export the model for inference");
    }
    if (node.node.outputs.size() > 1 && !node.node.outputs[1].empty()) {
      // At inference everything is kept.
      ImportedValue& mask = node.values[node.output(1)];
      mask.shape = node.shape();
      mask.type = DataType::kBool;
      mask.constant = HostTensor::of_integers(
          mask.shape, std::vector<int64_t>(static_cast<size_t>(mask.shape.elements()), 1),
          DataType::kBool);
    }
  }
  node.give_same(0);
  return {};
}

}  // namespace convscope::onnx
