// Operators that move elements: mapped onto the layout in which their input stands, where its axes
// allow it.
#include <algorithm>
#include <format>

#include "onnx/op_map.h"

namespace convscope::onnx {
namespace {

// Axes of a reshape's input and output that hold the same elements, smallest groups first to last.
struct AxisGroup {
  std::vector<int> from, to;
};

// The shapes have equally many elements, and at least one axis each.
std::vector<AxisGroup> axis_groups(const Shape& from, const Shape& to) {
  std::vector<AxisGroup> groups;
  int i = 0, j = 0;
  while (i < from.rank() && j < to.rank()) {
    AxisGroup group{{i}, {j}};
    int64_t have = from[i++], want = to[j++];
    while (have != want) {
      if (have < want) {
        group.from.push_back(i);
        have *= from[i++];
      } else {
        group.to.push_back(j);
        want *= to[j++];
      }
    }
    groups.push_back(std::move(group));
  }
  // What is left has extent 1.
  while (i < from.rank()) groups.back().from.push_back(i++);
  while (j < to.rank()) groups.back().to.push_back(j++);
  return groups;
}

// Where a group stands in memory: by its first axis with more than one element.
int group_place(const AxisGroup& group, const Shape& from, const Axes& axes) {
  for (int axis : group.from) {
    if (from[axis] != 1) return stored_axis(axes, axis);
  }
  return stored_axis(axes, group.from[0]);
}

// The target written so that it also fits other picture sizes where that can be said: 0 keeps an
// extent, -1 is what is left.
Shape flexible_target(const Shape& from, const Shape& to) {
  Shape out = to;
  int kept = 0;
  while (kept < std::min(from.rank(), to.rank()) && from[kept] == to[kept]) out.set(kept++, 0);
  if (kept + 1 == to.rank()) out.set(kept, -1);
  return out;
}

Result<Shape> target_of(const NodeConverter& node) {
  const std::string_view op = node.node.op_type;
  const Shape& from = node.shape();
  if (op == "Reshape") return reshape_target(node.view, from);
  if (op == "Squeeze") return squeezed_shape(node.view, from);
  if (op == "Unsqueeze") return unsqueezed_shape(node.view, from);
  TRY(const int64_t axis, node.node.integer("axis", 1));
  if (axis < -from.rank() || axis > from.rank())
    return damaged(std::format("it names the axis {} of {}", axis, from.text()));
  int64_t rows = 1, columns = 1;
  for (int i = 0; i < from.rank(); ++i)
    (i < (axis < 0 ? axis + from.rank() : axis) ? rows : columns) *= from[i];
  return Shape{rows, columns};
}

Status reshape_row_major(const NodeConverter& node, ValueId x, const Shape& to) {
  const Shape& from = node.values.shape(x);
  const bool flat = to.rank() == 2 && from.rank() > 1 && to[0] == from[0];
  TRY(const ValueId y,
      node.emit(flat ? make_flatten(1) : make_reshape(flexible_target(from, to)), {x}));
  node.give(y, plain_axes(to.rank()));
  return {};
}

// Each group of axes is split or joined where it stands.
Status reshape_groups(const NodeConverter& node, const Shape& to) {
  const Shape& from = node.shape();
  const Axes axes = node.native_axes();
  auto groups = axis_groups(from, to);
  std::ranges::stable_sort(groups, [&](const AxisGroup& a, const AxisGroup& b) {
    return group_place(a, from, axes) < group_place(b, from, axes);
  });
  Axes wanted, made;
  std::vector<int64_t> dims;
  for (const AxisGroup& group : groups) {
    wanted.insert(wanted.end(), group.from.begin(), group.from.end());
    for (int axis : group.to) {
      made.push_back(axis);
      dims.push_back(to[axis]);
    }
  }
  TRY(const ValueId x, node.form(0, wanted));
  TRY(const ValueId y,
      node.emit(make_reshape(flexible_target(node.values.shape(x), Shape(dims))), {x}));
  node.give(y, made);
  return {};
}

// The form for operators on one axis of several operands: the largest one's.
Axes largest_axes(const NodeConverter& node) {
  size_t largest = 0;
  for (size_t i = 0; i < node.node.inputs.size(); ++i) {
    const bool constant = node.values[node.input(i)].constant.has_value();
    const bool beaten = node.values[node.input(largest)].constant.has_value();
    if (constant ? false : beaten || node.shape(i).elements() > node.shape(largest).elements())
      largest = i;
  }
  return node.native_axes(largest);
}

}  // namespace

Status convert_reshape(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats(1));
  TRY(const Shape to, target_of(node));
  const Shape& from = node.shape();
  if (to == from) {
    node.give_same(0);
    return {};
  }
  TRY_STATUS(node.native());
  if (const auto x = node.values.row_major(node.input(0))) return reshape_row_major(node, *x, to);
  if (to.rank() == 2 && to[0] == from[0]) {
    ImportedValue& out = node.values[node.output()];
    out.shape = to;
    out.flattened_from = node.input(0);
    return {};
  }
  if (to.rank() == 0) return unsupported("it makes a scalar of a picture");
  return reshape_groups(node, to);
}

Status convert_transpose(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats());
  TRY(const auto permutation, permutation_of(node.view, node.shape().rank()));
  TRY_STATUS(node.native());
  for (const Form& form : std::vector<Form>(node.values[node.input(0)].forms)) {
    Axes renamed;
    for (int axis : form.axes) renamed.push_back(stored_axis(permutation, axis));
    node.give(form.id, renamed);
  }
  return {};
}

Status convert_concat(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(std::max<size_t>(1, node.node.inputs.size())));
  TRY_STATUS(node.want_floats());
  const int rank = node.shape().rank();
  TRY(const int axis, node.view.axis(1, rank));
  for (const Shape& shape : node.view.shapes) {
    if (shape.rank() != rank) return damaged("its inputs have different ranks");
  }
  const Axes axes = largest_axes(node);
  std::vector<ValueId> parts;
  for (size_t i = 0; i < node.node.inputs.size(); ++i) {
    TRY(const ValueId part, node.form(i, axes));
    parts.push_back(part);
  }
  if (parts.size() == 1) {
    node.give_same(0);
    return {};
  }
  TRY(const ValueId y,
      node.values.emit(make_concat(stored_axis(axes, axis)), parts, node.node.label()));
  node.give(y, axes);
  return {};
}

Status convert_split(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats(1));
  TRY(const int axis, node.view.axis(0, node.shape().rank()));
  TRY(const auto lengths, split_lengths(node.view, node.shape()[axis]));
  const Axes axes = node.native_axes();
  TRY(const ValueId x, node.native());
  int64_t begin = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (node.output(i) >= 0) {
      TRY(const ValueId part, node.emit(make_slice(stored_axis(axes, axis), begin, lengths[i]), {x},
                                        "." + std::to_string(i)));
      node.give(part, axes, i);
    }
    begin += lengths[i];
  }
  return {};
}

Status convert_slice(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats(1));
  TRY(const auto ranges, slice_ranges(node.view, node.shape()));
  const Axes axes = node.native_axes();
  TRY(ValueId x, node.native());
  for (int axis = 0; axis < node.shape().rank(); ++axis) {
    const SliceRange& range = ranges[static_cast<size_t>(axis)];
    if (range.length == node.shape()[axis] && range.step == 1) continue;
    TRY(x,
        node.emit(make_slice(stored_axis(axes, axis), range.begin, range.length, range.step), {x}));
  }
  node.give(x, axes);
  return {};
}

Status convert_expand(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(2));
  TRY_STATUS(node.want_floats(1));
  TRY(const auto dims, node.view.integers("shape", 1, {}));
  TRY(const Shape wanted, checked_shape(dims, "its shape"));
  Shape to;
  if (!broadcast_shapes(node.shape(), wanted, &to)) {
    return damaged(std::format("{} cannot be expanded to {}", node.shape().text(), wanted.text()));
  }
  const Axes axes = to.rank() == node.shape().rank() ? node.native_axes() : plain_axes(to.rank());
  Shape stored = to;
  for (int i = 0; i < to.rank(); ++i) stored.set(i, to[axes[static_cast<size_t>(i)]]);
  TRY(ValueId x, node.values.broadcast_form(node.input(0), axes));
  if (node.values.shape(x) != stored) {
    TRY(x, node.emit(make_expand(stored), {x}));
  }
  node.give(x, axes);
  return {};
}

}  // namespace convscope::onnx
