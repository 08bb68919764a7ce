// The values of an ONNX graph on their way into ours, and the memory layouts they have there.
//
// ONNX's axis order is N,C,H,W; ConvScope's kernels want channels last. A value can stand in our
// graph in several forms, each with its axes in another order; a Transpose is emitted only where an
// operator wants an order that is not there yet. ONNX's own Transpose so costs nothing: it renames
// the axes of the forms.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "onnx/host_tensor.h"

namespace convscope::onnx {

// Axis i of the stored tensor is ONNX's axis axes[i].
using Axes = std::vector<int>;
Axes plain_axes(int rank);          // ONNX's own order
Axes channels_last_axes(int rank);  // N,C,H,W → N,H,W,C, and so for other ranks from 2 on
// Where ONNX's axis stands in the stored tensor.
int stored_axis(const Axes& axes, int onnx_axis);

struct Form {
  Axes axes;
  ValueId id;
};

// Index into ValueTable.
using ValueIndex = int32_t;

struct ImportedValue {
  std::string name;
  DataType type = DataType::kFloat;
  Shape shape;  // in ONNX's axis order
  std::optional<HostTensor> constant;
  std::vector<Form> forms;  // the first is the one that its node made
  // The value is source's elements in ONNX's order under another shape, not made in any form yet:
  // a Gemm that reads it permutes its weight instead of transposing the activation.
  ValueIndex flattened_from = -1;
  // Made by a node that cannot run, so that those that read it are not looked at either.
  bool failed = false;
  // Read by nobody but a node that was folded into the one that makes it, so that it is not made.
  bool folded = false;

  bool known() const {
    return failed || folded || constant || !forms.empty() || flattened_from >= 0;
  }
};

// Owns the graph that is made.
class ValueTable {
 public:
  ImportedValue& operator[](ValueIndex i) { return values_[static_cast<size_t>(i)]; }
  const ImportedValue& operator[](ValueIndex i) const { return values_[static_cast<size_t>(i)]; }
  ValueIndex add(std::string name);

  // The value with its axes in that order.
  Result<ValueId> form(ValueIndex index, const Axes& axes);
  // The axes of a form that is there already; ONNX's own order for constants.
  Axes native_axes(ValueIndex index);
  // The value to be combined, element by element, with one of rank axes.size() in that form.
  Result<ValueId> broadcast_form(ValueIndex index, const Axes& axes);
  // A form whose elements stand in ONNX's order (axes of extent 1 may stand anywhere), if there is
  // one already.
  std::optional<ValueId> row_major(ValueIndex index) const;

  // A weight. Fails where a number is not finite: nothing could be computed with it.
  Result<ValueId> parameter(const std::string& name, const HostTensor& tensor);
  // A node with one output, whose extents must be positive and not too large.
  Result<ValueId> emit(OpPtr op, std::span<const ValueId> inputs, const std::string& origin);
  const Shape& shape(ValueId id) const { return builder_.shape(id); }
  // For compositions of several nodes.
  GraphBuilder& builder() { return builder_; }

  // The numbers of a value that depends on no input: as the file gives them, or evaluated in double
  // precision; nothing where it does depend on one.
  Result<std::optional<HostTensor>> constant(ValueIndex index);

  Graph take_graph() { return std::move(builder_).build(); }
  Parameters take_parameters() { return std::move(parameters_); }
  ValueId add_input(const std::string& name, const Shape& shape);

 private:
  // The parameters that a value in our graph is computed from; nothing where an input is needed.
  std::optional<std::vector<ValueId>> parameters_of(ValueId id) const;
  Result<ValueId> transpose(const ImportedValue& value, const Form& from, const Axes& to);
  Status make_plain(ValueIndex index);

  std::vector<ImportedValue> values_;
  GraphBuilder builder_;
  Parameters parameters_;
};

}  // namespace convscope::onnx
