#include "onnx/values.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <numeric>

#include "onnx/wire.h"
#include "ops/ops.h"

namespace convscope::onnx {

Axes plain_axes(int rank) {
  Axes out(static_cast<size_t>(rank));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

Axes channels_last_axes(int rank) {
  Axes out = plain_axes(rank);
  if (rank > 2) std::rotate(out.begin() + 1, out.begin() + 2, out.end());
  return out;
}

int stored_axis(const Axes& axes, int onnx_axis) {
  const auto found = std::ranges::find(axes, onnx_axis);
  CHECK(found != axes.end());
  return static_cast<int>(found - axes.begin());
}

namespace {

// The order of the axes that have more than one element.
Axes essential(const Axes& axes, const Shape& onnx_shape) {
  Axes out;
  for (int axis : axes) {
    if (onnx_shape[axis] != 1) out.push_back(axis);
  }
  return out;
}

}  // namespace

ValueIndex ValueTable::add(std::string name) {
  values_.emplace_back();
  values_.back().name = std::move(name);
  return static_cast<ValueIndex>(values_.size()) - 1;
}

ValueId ValueTable::add_input(const std::string& name, const Shape& shape) {
  return builder_.input(name, shape);
}

Result<ValueId> ValueTable::emit(OpPtr op, std::span<const ValueId> inputs,
                                 const std::string& origin) {
  TRY(const auto outputs, builder_.add(std::move(op), inputs, origin));
  CHECK(outputs.size() == 1);
  const Shape& made = builder_.shape(outputs[0]);
  // Element counts are multiplied one by one: a product of six extents could overflow.
  int64_t elements = 1;
  for (int64_t extent : made.dims()) {
    if (extent < 1) {
      return fail(ErrorCode::kUnsupported,
                  std::format("its result {} has no elements", made.text()));
    }
    if (extent > kMaxTensorElements || (elements *= extent) > kMaxTensorElements) {
      return fail(ErrorCode::kTooLarge,
                  std::format("its result {} is too large, want at most {} numbers; use a smaller "
                              "network or picture",
                              made.text(), kMaxTensorElements));
    }
  }
  return outputs[0];
}

Result<ValueId> ValueTable::parameter(const std::string& name, const HostTensor& tensor) {
  HostTensor floats = tensor;
  if (!tensor.is_float()) {
    TRY(floats, HostTensor::of_floats(tensor.shape));
    for (int64_t i = 0; i < tensor.elements(); ++i)
      floats.floats.data()[i] = static_cast<float>(tensor.number(i));
  }
  if (tensor.elements() == 0)
    return fail(ErrorCode::kUnsupported,
                std::format("the tensor {} has no elements", quotable(name)));
  for (float value : floats.floats.values()) {
    if (!std::isfinite(value)) {
      return fail(ErrorCode::kMalformed,
                  std::format("the tensor {} has a value that is not a number; export the model "
                              "again from sound weights",
                              quotable(name)));
    }
  }
  parameters_.push_back(floats.floats);
  return builder_.parameter(name, floats.shape);
}

Result<ValueId> ValueTable::transpose(const ImportedValue& value, const Form& from,
                                      const Axes& to) {
  std::vector<int> permutation;
  for (int axis : to) permutation.push_back(stored_axis(from.axes, axis));
  const ValueId in[] = {from.id};
  return emit(make_transpose(permutation), in, value.name + ".transposed");
}

Status ValueTable::make_plain(ValueIndex index) {
  const ImportedValue& value = (*this)[index];
  const ValueIndex source = value.flattened_from;
  if (source < 0 || !value.forms.empty()) return {};
  ValueId from;
  if (const auto found = row_major(source)) {
    from = *found;
  } else {
    TRY(from, form(source, plain_axes((*this)[source].shape.rank())));
  }
  const ValueId in[] = {from};
  const Shape& to = (*this)[index].shape;
  const bool flat = to.rank() == 2 && to[0] == shape(from)[0];
  TRY(const ValueId id, emit(flat ? make_flatten(1) : make_reshape(to), in, (*this)[index].name));
  (*this)[index].forms.push_back({plain_axes(to.rank()), id});
  return {};
}

Result<ValueId> ValueTable::form(ValueIndex index, const Axes& axes) {
  TRY_STATUS(make_plain(index));
  ImportedValue& value = (*this)[index];
  for (const Form& form : value.forms) {
    if (form.axes == axes) return form.id;
  }
  ValueId made;
  if (value.constant) {
    const bool plain = std::ranges::is_sorted(axes);
    TRY(const HostTensor tensor, transposed(*value.constant, axes));
    TRY(made, parameter(plain ? value.name : value.name + ".transposed", tensor));
  } else {
    CHECK(!value.forms.empty());
    TRY(made, transpose(value, value.forms.front(), axes));
  }
  value.forms.push_back({axes, made});
  return made;
}

Axes ValueTable::native_axes(ValueIndex index) {
  const ImportedValue& value = (*this)[index];
  return value.forms.empty() ? plain_axes(value.shape.rank()) : value.forms.front().axes;
}

std::optional<ValueId> ValueTable::row_major(ValueIndex index) const {
  const ImportedValue& value = (*this)[index];
  for (const Form& form : value.forms) {
    if (std::ranges::is_sorted(essential(form.axes, value.shape))) return form.id;
  }
  return std::nullopt;
}

Result<ValueId> ValueTable::broadcast_form(ValueIndex index, const Axes& axes) {
  const Shape own = (*this)[index].shape;
  const int rank = static_cast<int>(axes.size()), missing = rank - own.rank();
  if (missing == 0) return form(index, axes);
  if (missing < 0) {
    return damaged(std::format("its input {} of shape {} has {} axes, want at most {}",
                               (*this)[index].name, own.text(), own.rank(), rank));
  }
  Axes own_axes;
  std::vector<int64_t> dims;
  for (int axis : axes) {
    if (axis >= missing) own_axes.push_back(axis - missing);
    // Axes that broadcasting adds in front need not be written.
    if (axis >= missing || !own_axes.empty())
      dims.push_back(axis < missing ? 1 : own[axis - missing]);
  }
  const Shape target(dims);
  if (const ImportedValue& value = (*this)[index]; value.constant) {
    TRY(const HostTensor tensor, transposed(*value.constant, own_axes));
    return parameter(value.name, tensor.reshaped(target));
  }
  TRY(const ValueId id, form(index, own_axes));
  if (shape(id) == target) return id;
  const ValueId in[] = {id};
  return emit(make_reshape(target), in, (*this)[index].name + ".reshaped");
}

std::optional<std::vector<ValueId>> ValueTable::parameters_of(ValueId id) const {
  const Graph& graph = builder_.graph();
  std::vector<bool> seen(graph.values().size());
  std::vector<ValueId> open = {id}, parameters;
  while (!open.empty()) {
    const ValueId at = open.back();
    open.pop_back();
    if (seen[static_cast<size_t>(at.index)]) continue;
    seen[static_cast<size_t>(at.index)] = true;
    const Value& value = graph.value(at);
    if (value.kind == ValueKind::kInput) return std::nullopt;
    if (value.parameter >= 0) parameters.push_back(at);
    if (!value.producer.valid()) continue;
    const auto& inputs = graph.node(value.producer).inputs;
    open.insert(open.end(), inputs.begin(), inputs.end());
  }
  return parameters;
}

Result<std::optional<HostTensor>> ValueTable::constant(ValueIndex index) {
  if ((*this)[index].constant) return (*this)[index].constant;
  TRY(const ValueId id, form(index, plain_axes((*this)[index].shape.rank())));
  const auto needed = parameters_of(id);
  if (!needed) return std::nullopt;
  std::unordered_map<ValueId, DoubleTensor> given;
  const Graph& graph = builder_.graph();
  for (ValueId parameter : *needed) {
    const auto at = static_cast<size_t>(graph.value(parameter).parameter);
    given.emplace(parameter, DoubleTensor::from(parameters_[at]));
  }
  const ValueId wanted[] = {id};
  const auto values = evaluate_reference(graph, std::move(given), wanted);
  TRY(HostTensor out, HostTensor::of_floats((*this)[index].shape));
  const DoubleTensor& result = values.at(id);
  for (int64_t i = 0; i < out.elements(); ++i) out.floats.data()[i] = static_cast<float>(result[i]);
  (*this)[index].constant = out;
  return std::optional(std::move(out));
}

}  // namespace convscope::onnx
