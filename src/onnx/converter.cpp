#include "onnx/converter.h"

#include <algorithm>
#include <format>

namespace convscope::onnx {

std::unexpected<Error> unsupported(std::string what) {
  return fail(ErrorCode::kUnsupported, std::move(what));
}

Result<HostTensor> NodeConverter::constant(size_t i, std::string_view what) const {
  TRY(auto known, values.constant(input(i)));
  if (known) return *std::move(known);
  return unsupported(
      std::format("its {} ({}) is computed from the picture, ConvScope wants it to "
                  "be constant",
                  what, quotable(node.inputs[i])));
}

Result<ValueId> NodeConverter::emit(Result<OpPtr> op, std::initializer_list<ValueId> inputs,
                                    std::string_view suffix) const {
  if (!op) return std::unexpected(std::move(op.error()));
  return values.emit(*std::move(op), std::span(inputs.begin(), inputs.size()),
                     node.label() + std::string(suffix));
}

Result<ValueId> NodeConverter::parameter(std::string_view suffix, const HostTensor& tensor) const {
  return values.parameter(node.label() + std::string(suffix), tensor);
}

void NodeConverter::give(ValueId id, Axes axes, size_t i) const {
  if (output(i) >= 0) give_value(id, std::move(axes), output(i));
}

void NodeConverter::give_value(ValueId id, Axes axes, ValueIndex index) const {
  ImportedValue& value = values[index];
  const Shape& stored = values.shape(id);
  value.shape = stored;
  for (int i = 0; i < stored.rank(); ++i) value.shape.set(axes[static_cast<size_t>(i)], stored[i]);
  value.type = DataType::kFloat;
  value.forms.push_back({std::move(axes), id});
}

void NodeConverter::give_same(size_t from, size_t output) const {
  const ValueIndex index = links_.node_outputs[static_cast<size_t>(index_)][output];
  if (index < 0) return;
  std::string name = values[index].name;
  values[index] = values[input(from)];
  values[index].name = std::move(name);
}

int NodeConverter::sole_reader(ValueIndex value) const {
  if (value < 0 || links_.is_output[static_cast<size_t>(value)]) return -1;
  const auto& readers = links_.readers[static_cast<size_t>(value)];
  return readers.size() == 1 ? readers[0] : -1;
}

Status NodeConverter::want_floats(size_t count) const {
  for (size_t i = 0; i < std::min(count, node.inputs.size()); ++i) {
    if (!has_input(i)) continue;
    const DataType type = values[input(i)].type;
    if (!is_float_type(type)) {
      return unsupported(std::format("its input {} has the element type {}, want float32",
                                     quotable(node.inputs[i]), data_type_name(type)));
    }
  }
  return {};
}

const HostTensor* NodeConverter::constant_of(int index, size_t i) const {
  const auto& inputs = links_.node_inputs[static_cast<size_t>(index)];
  if (i >= inputs.size() || inputs[i] < 0) return nullptr;
  const ImportedValue& value = values[inputs[i]];
  return value.constant ? &*value.constant : nullptr;
}

}  // namespace convscope::onnx
