#include "ops/reduction.h"

namespace convscope {

std::string Reduction::attributes() const {
  std::string out;
  for (int axis : axes_) out += (out.empty() ? "axes=" : ",") + std::to_string(axis);
  return out + (keepdims_ ? "" : out.empty() ? "keepdims=0" : " keepdims=0");
}

Result<std::vector<Shape>> Reduction::infer(std::span<const Shape> inputs) const {
  if (inputs.size() != 1 || inputs[0].elements() == 0)
    return shape_error(*this, "wants one input with elements", inputs);
  std::array<bool, kMaxRank> reduced{};
  for (int axis : axes_) {
    TRY(const int positive, resolve_axis(*this, axis, inputs));
    if (std::exchange(reduced[static_cast<size_t>(positive)], true))
      return shape_error(*this, "names an axis twice", inputs);
  }
  const Shape kept = kept_shape(inputs[0]);
  if (keepdims_) return std::vector<Shape>{kept};
  std::vector<int64_t> rest;
  for (int axis = 0; axis < kept.rank(); ++axis) {
    if (!axes_.empty() && !reduced[static_cast<size_t>(axis)]) rest.push_back(kept[axis]);
  }
  return std::vector<Shape>{Shape(std::span<const int64_t>(rest))};
}

int64_t Reduction::flops(std::span<const Shape> inputs, std::span<const Shape>) const {
  return inputs[0].elements();
}

void Reduction::evaluate(std::span<const DoubleTensor> inputs,
                         std::span<DoubleTensor> outputs) const {
  const Shape& x = inputs[0].shape;
  const Shape kept = kept_shape(x);
  std::vector<std::vector<double>> groups(static_cast<size_t>(kept.elements()));
  for (int64_t i = 0; i < x.elements(); ++i)
    groups[static_cast<size_t>(broadcast_index(kept, x, i))].push_back(inputs[0][i]);
  for (size_t i = 0; i < groups.size(); ++i) outputs[0].values[i] = reduce(groups[i]);
}

std::string Reduction::lowering_key(std::span<const Shape> inputs) const {
  return op_text(*this) + " of " + inputs[0].text();
}

Shape Reduction::kept_shape(const Shape& x) const {
  Shape kept = x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axes_.empty()) kept.set(axis, 1);
  }
  for (int axis : axes_) kept.set(axis < 0 ? axis + x.rank() : axis, 1);
  return kept;
}

Result<ValueId> Reduction::kept_cotangent(VjpContext& context) const {
  if (keepdims_) return context.cotangent();
  const Shape kept = kept_shape(context.shape(context.input(0)));
  return context.emit(make_reshape(kept), {context.cotangent()});
}

Result<OpPtr> reduction_from_attributes(const Attributes& attributes, MakeReduction make) {
  TRY(const std::vector<int64_t> given, attributes.integers("axes", {}));
  TRY(const int64_t keepdims, attributes.integer("keepdims", 1));
  std::vector<int> axes;
  for (int64_t axis : given) {
    if (axis < -kMaxRank || axis >= kMaxRank) {
      return fail(ErrorCode::kInvalidArgument,
                  "axes wants numbers from -6 to 5; got '" + attributes.text("axes", "") + "'");
    }
    axes.push_back(static_cast<int>(axis));
  }
  OpPtr op = make(axes, keepdims != 0);
  TRY_STATUS(only_attributes(attributes, op->kind(), {"axes", "keepdims"}));
  return op;
}

std::vector<OpEntry::Sample> reduction_samples(MakeReduction make, bool differentiable) {
  const std::vector<int> wanted = differentiable ? std::vector{0} : std::vector<int>{};
  return {{make(std::array{1, 2}, true), {{2, 3, 4, 5}}, wanted, {}},
          {make(std::array{1, 2}, false), {{2, 3, 4, 5}}, wanted, {}},
          {make(std::array{-1}, true), {{2, 3, 7}}, wanted, {}},
          // Both ends of the shape go; then everything does.
          {make(std::array{3, 0}, false), {{2, 3, 2, 5}}, wanted, {}},
          {make({}, false), {{2, 3, 5}}, wanted, {}}};
}

}  // namespace convscope
