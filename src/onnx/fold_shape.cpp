// Folding of operators that make, move, count or sum elements.
#include <algorithm>
#include <cmath>
#include <format>

#include "onnx/fold.h"

namespace convscope::onnx {
namespace {

using Outputs = Result<std::vector<HostTensor>>;

// The tensor of shape `to` whose element i is element source(i) of `from`.
template <typename Source>
Result<HostTensor> gathered(const HostTensor& from, const Shape& to, const Source& source) {
  TRY_STATUS(checked_shape(to.dims(), "its result"));
  HostTensor out{.type = from.type, .shape = to, .floats = {}, .integers = {}};
  const int64_t count = to.elements();
  if (from.is_float()) {
    TRY(out.floats, Tensor::uninitialised(to));
    for (int64_t i = 0; i < count; ++i) out.floats.data()[i] = from.floats.data()[source(i)];
  } else {
    out.integers.resize(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i)
      out.integers[static_cast<size_t>(i)] = from.integers[static_cast<size_t>(source(i))];
  }
  return out;
}

// The same with a source given axis by axis: at(axis, coordinate of the result).
template <typename At>
Result<HostTensor> gathered_by_axis(const HostTensor& from, const Shape& to, const At& at) {
  return gathered(from, to, [&](int64_t i) {
    int64_t source = 0, stride = 1;
    for (int axis = 1; axis <= from.shape.rank(); ++axis) {
      const int own = from.shape.rank() - axis, target = to.rank() - axis;
      source += at(own, i % to[target]) * stride;
      i /= to[target];
      stride *= from.shape[own];
    }
    return source;
  });
}

Outputs one(Result<HostTensor> tensor) {
  if (!tensor) return std::unexpected(std::move(tensor.error()));
  return std::vector{*std::move(tensor)};
}

Outputs fold_constant(const NodeView& view) {
  const NodeProto& node = *view.node;
  if (const AttributeProto* value = node.find("value")) {
    if (!value->t) return damaged("the attribute value is not a tensor");
    return one(decode_tensor(*value->t));
  }
  if (const AttributeProto* value = node.find("value_float")) {
    TRY(HostTensor out, HostTensor::of_floats({}));
    out.floats.data()[0] = value->f;
    return std::vector{std::move(out)};
  }
  if (const AttributeProto* value = node.find("value_floats")) {
    TRY(HostTensor out, HostTensor::of_floats({static_cast<int64_t>(value->floats.size())}));
    std::ranges::copy(value->floats, out.floats.data());
    return std::vector{std::move(out)};
  }
  if (const AttributeProto* value = node.find("value_int"))
    return std::vector{HostTensor::of_integers({}, {value->i})};
  if (const AttributeProto* value = node.find("value_ints"))
    return std::vector{
        HostTensor::of_integers({static_cast<int64_t>(value->ints.size())}, value->ints)};
  return fail(ErrorCode::kUnsupported, "its value is neither a dense tensor nor a list of numbers");
}

Outputs fold_constant_of_shape(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  TRY(const auto dims, view.integers("shape", 0, {}));
  TRY(const Shape shape, checked_shape(dims, "its result"));
  TRY(HostTensor value, HostTensor::of_floats({1}));
  if (const AttributeProto* given = view.node->find("value"); given != nullptr && given->t) {
    TRY(value, decode_tensor(*given->t));
  }
  if (value.elements() != 1) return damaged("its value is not one number");
  return one(gathered(value, shape, [](int64_t) { return int64_t{0}; }));
}

Outputs fold_shape(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  const Shape& shape = view.shape();
  const int64_t rank = shape.rank();
  TRY(int64_t start, view.node->integer("start", 0));
  TRY(int64_t end, view.node->integer("end", rank));
  start = std::clamp<int64_t>(start < 0 ? std::max(start, -rank) + rank : start, 0, rank);
  end = std::clamp<int64_t>(end < 0 ? std::max(end, -rank - 1) + rank : end, start, rank);
  std::vector<int64_t> dims(shape.dims().data() + start, shape.dims().data() + end);
  const Shape list{static_cast<int64_t>(dims.size())};
  return std::vector{HostTensor::of_integers(list, std::move(dims))};
}

Outputs fold_size(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  return std::vector{HostTensor::of_integers({}, {view.shape().elements()})};
}

Outputs fold_gather(const NodeView& view) {
  TRY_STATUS(view.want_inputs(2));
  const HostTensor &from = *view.constant(0), &indices = *view.constant(1);
  TRY(const int axis, view.axis(0, from.shape.rank()));
  if (indices.is_float()) return damaged("its indices are not integers");
  std::vector<int64_t> dims;
  int64_t inner = 1;
  for (int i = 0; i < axis; ++i) dims.push_back(from.shape[i]);
  dims.insert(dims.end(), indices.shape.dims().begin(), indices.shape.dims().end());
  for (int i = axis + 1; i < from.shape.rank(); ++i) {
    dims.push_back(from.shape[i]);
    inner *= from.shape[i];
  }
  TRY(const Shape to, checked_shape(dims, "its result"));
  const int64_t extent = from.shape[axis], count = indices.elements();
  for (int64_t index : indices.integers) {
    if (index < -extent || index >= extent)
      return damaged(std::format("it takes element {} of {}", index, extent));
  }
  return one(gathered(from, to, [&](int64_t i) {
    const int64_t index = indices.integers[static_cast<size_t>(i / inner % count)];
    return (i / inner / count * extent + (index < 0 ? index + extent : index)) * inner + i % inner;
  }));
}

Outputs fold_slice(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  const HostTensor& from = *view.constant(0);
  TRY(const auto ranges, slice_ranges(view, from.shape));
  Shape to = from.shape;
  for (int i = 0; i < to.rank(); ++i) to.set(i, ranges[static_cast<size_t>(i)].length);
  return one(gathered_by_axis(from, to, [&](int axis, int64_t at) {
    const SliceRange& range = ranges[static_cast<size_t>(axis)];
    return range.begin + at * range.step;
  }));
}

Outputs fold_split(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  const HostTensor& from = *view.constant(0);
  TRY(const int axis, view.axis(0, from.shape.rank()));
  TRY(const auto lengths, split_lengths(view, from.shape[axis]));
  std::vector<HostTensor> out;
  int64_t begin = 0;
  for (int64_t length : lengths) {
    Shape to = from.shape;
    to.set(axis, length);
    TRY(HostTensor part,
        gathered_by_axis(from, to, [&](int a, int64_t at) { return a == axis ? begin + at : at; }));
    out.push_back(std::move(part));
    begin += length;
  }
  return out;
}

Outputs fold_concat(const NodeView& view) {
  TRY_STATUS(view.want_inputs(view.node->inputs.size()));
  if (view.constants.empty()) return damaged("it has no inputs");
  const HostTensor& first = *view.constant(0);
  TRY(const int axis, view.axis(1, first.shape.rank()));
  Shape to = first.shape;
  int64_t extent = 0, outer = 1;
  for (const HostTensor* part : view.constants) {
    if (part->shape.rank() != to.rank() || part->is_float() != first.is_float())
      return damaged("its inputs have different ranks or types");
    for (int i = 0; i < to.rank(); ++i) {
      if (i != axis && part->shape[i] != to[i]) return damaged("its inputs' shapes do not fit");
    }
    extent += part->shape[axis];
  }
  to.set(axis, extent);
  TRY_STATUS(checked_shape(to.dims(), "its result"));
  for (int i = 0; i < axis; ++i) outer *= to[i];
  HostTensor out{.type = first.type, .shape = to, .floats = {}, .integers = {}};
  if (first.is_float()) {
    TRY(out.floats, Tensor::uninitialised(to));
  }
  float* at = out.floats.data();
  for (int64_t row = 0; row < outer; ++row) {
    for (const HostTensor* part : view.constants) {
      const int64_t block = part->elements() / outer;
      if (first.is_float()) {
        at = std::copy_n(part->floats.data() + row * block, block, at);
      } else {
        const int64_t* begin = part->integers.data() + row * block;
        out.integers.insert(out.integers.end(), begin, begin + block);
      }
    }
  }
  return std::vector{std::move(out)};
}

Outputs fold_reshape(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  const HostTensor& from = *view.constant(0);
  const std::string_view op = view.node->op_type;
  Shape to;
  if (op == "Reshape") {
    TRY(to, reshape_target(view, from.shape));
  } else if (op == "Squeeze") {
    TRY(to, squeezed_shape(view, from.shape));
  } else if (op == "Unsqueeze") {
    TRY(to, unsqueezed_shape(view, from.shape));
  } else {  // Flatten
    TRY(const int64_t axis, view.node->integer("axis", 1));
    const int64_t rank = from.shape.rank();
    if (axis < -rank || axis > rank) return damaged(std::format("it names the axis {}", axis));
    int64_t rows = 1, columns = 1;
    for (int i = 0; i < rank; ++i)
      (i < (axis < 0 ? axis + rank : axis) ? rows : columns) *= from.shape[i];
    to = Shape{rows, columns};
  }
  return std::vector{from.reshaped(to)};
}

Outputs fold_transpose(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  TRY(const auto permutation, permutation_of(view, view.constant(0)->shape.rank()));
  return one(transposed(*view.constant(0), permutation));
}

Outputs fold_identity(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  return std::vector{*view.constant(0)};
}

Outputs fold_expand(const NodeView& view) {
  TRY_STATUS(view.want_inputs(2));
  const HostTensor& from = *view.constant(0);
  TRY(const auto dims, view.integers("shape", 1, {}));
  TRY(const Shape wanted, checked_shape(dims, "its shape"));
  Shape to;
  if (!broadcast_shapes(from.shape, wanted, &to))
    return damaged(std::format("{} cannot be expanded to {}", from.shape.text(), wanted.text()));
  return one(gathered_by_axis(
      from, to, [&](int axis, int64_t at) { return from.shape[axis] == 1 ? 0 : at; }));
}

Outputs fold_tile(const NodeView& view) {
  TRY_STATUS(view.want_inputs(2));
  const HostTensor& from = *view.constant(0);
  TRY(const auto repeats, view.integers("repeats", 1, {}));
  if (repeats.size() != static_cast<size_t>(from.shape.rank()))
    return damaged("it does not repeat every axis");
  std::vector<int64_t> dims;
  for (size_t i = 0; i < repeats.size(); ++i) {
    if (repeats[i] < 0 || repeats[i] > kMaxTensorElements)
      return damaged(std::format("it repeats an axis {} times", repeats[i]));
    dims.push_back(repeats[i] * from.shape[static_cast<int>(i)]);
  }
  TRY(const Shape to, checked_shape(dims, "its result"));
  return one(
      gathered_by_axis(from, to, [&](int axis, int64_t at) { return at % from.shape[axis]; }));
}

Outputs fold_range(const NodeView& view) {
  TRY_STATUS(view.want_inputs(3));
  for (size_t i = 0; i < 3; ++i) {
    if (view.constant(i)->elements() != 1)
      return damaged("its start, limit and step are no numbers");
  }
  const HostTensor& start = *view.constant(0);
  const double begin = start.number(0), limit = view.constant(1)->number(0),
               step = view.constant(2)->number(0);
  const double count = step == 0 ? -1 : std::max(0.0, std::ceil((limit - begin) / step));
  if (!(count >= 0) || count > static_cast<double>(kMaxTensorElements))
    return damaged("its range is endless or too long");
  const Shape shape{static_cast<int64_t>(count)};
  HostTensor out{.type = start.type, .shape = shape, .floats = {}, .integers = {}};
  if (start.is_float()) {
    TRY(out.floats, Tensor::uninitialised(shape));
  }
  for (int64_t i = 0; i < shape[0]; ++i) {
    if (start.is_float()) {
      out.floats.data()[i] = static_cast<float>(begin + static_cast<double>(i) * step);
    } else {
      const uint64_t offset =
          static_cast<uint64_t>(i) * static_cast<uint64_t>(view.constant(2)->integers[0]);
      out.integers.push_back(
          static_cast<int64_t>(static_cast<uint64_t>(start.integers[0]) + offset));
    }
  }
  return std::vector{std::move(out)};
}

double reduced(std::string_view op, double a, double b) {
  if (op == "ReduceProd") return a * b;
  if (op == "ReduceMax") return std::max(a, b);
  if (op == "ReduceMin") return std::min(a, b);
  return a + b;
}

// In doubles: exact for integers up to 2⁵³, far beyond any extent.
Outputs fold_reduce(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  const HostTensor& from = *view.constant(0);
  const std::string_view op = view.node->op_type;
  TRY(const int64_t keep, view.node->integer("keepdims", 1));
  TRY(const int64_t noop, view.node->integer("noop_with_empty_axes", 0));
  const auto all = noop != 0 ? std::vector<int>() : all_axes(from.shape.rank());
  TRY(const auto axes, view.axes(1, from.shape.rank(), all));
  Shape kept = from.shape;
  std::vector<int64_t> dims;
  for (int i = 0; i < kept.rank(); ++i) {
    const bool gone = std::ranges::find(axes, i) != axes.end();
    if (gone) kept.set(i, 1);
    if (!gone || keep != 0) dims.push_back(kept[i]);
  }
  const int64_t count = kept.elements();
  const bool extreme = op == "ReduceMax" || op == "ReduceMin";
  if (from.elements() == 0 && extreme) return damaged("it reduces nothing");
  std::vector<double> values(static_cast<size_t>(count), op == "ReduceProd" ? 1 : 0);
  std::vector<bool> seen(values.size());
  for (int64_t i = 0; i < from.elements(); ++i) {
    int64_t rest = i, target = 0, stride = 1;
    for (int axis = from.shape.rank(); axis-- > 0;) {
      if (kept[axis] != 1) target += rest % from.shape[axis] * stride;
      rest /= from.shape[axis];
      stride *= kept[axis];
    }
    const auto at = static_cast<size_t>(target);
    const double value = from.number(i);
    values[at] = extreme && !seen[at] ? value : reduced(op, values[at], value);
    seen[at] = true;
  }
  const double divisor = op == "ReduceMean" && count > 0
                             ? static_cast<double>(from.elements()) / static_cast<double>(count)
                             : 1;
  HostTensor out{.type = from.type, .shape = Shape(dims), .floats = {}, .integers = {}};
  if (from.is_float()) {
    TRY(out.floats, Tensor::uninitialised(out.shape));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = values[i] / divisor;
    if (from.is_float()) {
      out.floats.data()[i] = static_cast<float>(value);
    } else if (std::abs(value) > 0x1p53) {
      return damaged("its integers are too large");
    } else {
      out.integers.push_back(static_cast<int64_t>(value));
    }
  }
  return std::vector{std::move(out)};
}

struct Entry {
  std::string_view op;
  FoldFunction fold;
};
constexpr Entry kEntries[] = {
    {"Concat", fold_concat},
    {"Constant", fold_constant},
    {"ConstantOfShape", fold_constant_of_shape},
    {"Expand", fold_expand},
    {"Flatten", fold_reshape},
    {"Gather", fold_gather},
    {"Identity", fold_identity},
    {"Range", fold_range},
    {"ReduceMax", fold_reduce},
    {"ReduceMean", fold_reduce},
    {"ReduceMin", fold_reduce},
    {"ReduceProd", fold_reduce},
    {"ReduceSum", fold_reduce},
    {"Reshape", fold_reshape},
    {"Shape", fold_shape},
    {"Size", fold_size},
    {"Slice", fold_slice},
    {"Split", fold_split},
    {"Squeeze", fold_reshape},
    {"Tile", fold_tile},
    {"Transpose", fold_transpose},
    {"Unsqueeze", fold_reshape},
};

}  // namespace

FoldFunction shape_fold(std::string_view op) {
  const auto found = std::ranges::find(kEntries, op, &Entry::op);
  return found == std::end(kEntries) ? nullptr : found->fold;
}

}  // namespace convscope::onnx
