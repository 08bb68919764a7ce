#include "ops/support.h"

#include <algorithm>

namespace convscope {

Status only_attributes(const Attributes& attributes, std::string_view kind,
                       std::initializer_list<std::string_view> known) {
  for (const std::string& name : attributes.names()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string list;
    for (std::string_view item : known) list += (list.empty() ? "" : ", ") + std::string(item);
    return fail(ErrorCode::kUnsupported, std::string(kind) + " has an attribute '" + name +
                                             "' that ConvScope does not know; it knows " +
                                             (list.empty() ? "none" : list));
  }
  return {};
}

Result<Tensor> optional_constant_input(const LoweringContext& context, size_t index,
                                       std::string_view what) {
  if (index >= context.inputs.size()) return Tensor();
  if (context.parameters[index] == nullptr) {
    return fail(
        ErrorCode::kUnsupported,
        "the " + std::string(what) + " must be a parameter of the model, not a computed value");
  }
  return *context.parameters[index];
}

Result<Tensor> constant_input(const LoweringContext& context, size_t index, std::string_view what) {
  CHECK(index < context.inputs.size());
  return optional_constant_input(context, index, what);
}

Result<int> read_axis(const Attributes& attributes) {
  TRY(const int64_t axis, attributes.integer("axis", -1));
  if (axis < -kMaxRank || axis >= kMaxRank) {
    return fail(ErrorCode::kInvalidArgument,
                "axis wants a number from -6 to 5; got " + std::to_string(axis));
  }
  return static_cast<int>(axis);
}

Result<int> resolve_axis(const Op& op, int axis, std::span<const Shape> inputs) {
  const int rank = inputs[0].rank();
  if (axis < -rank || axis >= rank) {
    return shape_error(
        op, "axis " + std::to_string(axis) + " does not exist in rank " + std::to_string(rank),
        inputs);
  }
  return axis < 0 ? axis + rank : axis;
}

int64_t broadcast_index(const Shape& small, const Shape& large, int64_t index) {
  int64_t out = 0, step = 1;
  for (int i = 1; i <= large.rank(); ++i) {
    const int64_t coordinate = index % large[-i];
    index /= large[-i];
    if (i > small.rank()) continue;
    if (small[-i] != 1) out += coordinate * step;
    step *= small[-i];
  }
  return out;
}

Result<ValueId> sum_to_shape(VjpContext& context, ValueId value, const Shape& shape) {
  if (context.shape(value) == shape) return value;
  return context.emit(make_sum_to(shape), {value});
}

Result<ValueId> transpose_matrix(VjpContext& context, ValueId value) {
  std::vector<int> permutation;
  for (int axis = 0; axis < context.shape(value).rank(); ++axis) permutation.push_back(axis);
  std::swap(permutation.back(), permutation[permutation.size() - 2]);
  return context.emit(make_transpose(permutation), {value});
}

int64_t outer_elements(const Shape& shape, int axis) {
  int64_t count = 1;
  for (int i = 0; i < axis; ++i) count *= shape[i];
  return count;
}

int64_t inner_elements(const Shape& shape, int axis) {
  int64_t count = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) count *= shape[i];
  return count;
}

Result<std::vector<Shape>> infer_pool(const Op& op, const Window& window,
                                      std::span<const Shape> inputs) {
  if (inputs.size() != 1 || inputs[0].rank() != 4)
    return shape_error(op, "wants one input of shape N×H×W×C", inputs);
  const Shape& x = inputs[0];
  const WindowGeometry geometry = window.geometry(x[1], x[2]);
  const Pads& pads = geometry.pads;
  if (std::max(pads.top, pads.bottom) >= geometry.extent(0) ||
      std::max(pads.left, pads.right) >= geometry.extent(1)) {
    return shape_error(op, "pads must be smaller than the window", inputs);
  }
  const auto [height, width] = window.output_size(x[1], x[2]);
  if (height <= 0 || width <= 0)
    return shape_error(op, "the window is larger than the padded input", inputs);
  return std::vector<Shape>{Shape{x[0], height, width, x[3]}};
}

}  // namespace convscope
