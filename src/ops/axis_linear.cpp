#include "ops/axis_linear.h"

namespace convscope {

void apply_axis_map(const AxisMap& map, int axis, const DoubleTensor& x, DoubleTensor& y) {
  const int64_t inner = inner_elements(y.shape, axis);
  for (int64_t i = 0; i < y.shape.elements(); ++i) {
    const int64_t j = i / inner % map.outputs(), outer = i / inner / map.outputs();
    double sum = 0;
    for (const AxisMap::Term& term : map.of(j))
      sum += term.weight * x[(outer * x.shape[axis] + term.source) * inner + i % inner];
    y[i] = sum;
  }
}

std::string AxisLinear::attributes() const {
  const std::string out = "axis=" + std::to_string(axis_) + " " + own_attributes();
  return is_transposed() ? out + " extent=" + std::to_string(transposed_extent_) : out;
}

Result<std::vector<Shape>> AxisLinear::infer(std::span<const Shape> inputs) const {
  if (inputs.size() != 1 || inputs[0].elements() == 0)
    return shape_error(*this, "wants one input with elements", inputs);
  TRY(const int axis, resolve_axis(*this, axis_, inputs));
  const int64_t extent = is_transposed() ? transposed_extent_ : inputs[0][axis];
  auto mapped = output_extent(extent);
  if (!mapped) return shape_error(*this, mapped.error().message, inputs);
  if (is_transposed() && *mapped != inputs[0][axis])
    return shape_error(*this, "the cotangent does not have the output's extent", inputs);
  Shape out = inputs[0];
  out.set(axis, is_transposed() ? extent : *mapped);
  return std::vector<Shape>{out};
}

AxisMap AxisLinear::map_for(const Shape& x) const {
  if (is_transposed()) return map(transposed_extent_).transposed(transposed_extent_);
  return map(x[positive_axis(x)]);
}

void AxisLinear::evaluate(std::span<const DoubleTensor> inputs,
                          std::span<DoubleTensor> outputs) const {
  const Shape& x = inputs[0].shape;
  apply_axis_map(map_for(x), positive_axis(x), inputs[0], outputs[0]);
}

Result<Cotangents> AxisLinear::vjp(VjpContext& context) const {
  const Shape x = context.shape(context.input(0));
  TRY(const ValueId dx,
      context.emit(transposed(is_transposed() ? -1 : x[positive_axis(x)]), {context.cotangent()}));
  return Cotangents{dx};
}

Result<std::unique_ptr<Kernel>> AxisLinear::lower(const LoweringContext& context) const {
  const Shape& x = context.inputs[0];
  return make_axis_map_kernel(positive_axis(x), map_for(x));
}

// The map depends on the extent, the axis on the rank.
std::string AxisLinear::lowering_key(std::span<const Shape> inputs) const {
  const int axis = positive_axis(inputs[0]);
  return op_text(*this) + " along " + std::to_string(axis) + " of " +
         std::to_string(inputs[0].rank()) + " with " + std::to_string(inputs[0][axis]);
}

}  // namespace convscope
