// What a conversion of one ONNX node into nodes of ours works with. Internal to src/onnx.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "onnx/node_view.h"
#include "onnx/values.h"
#include "ops/ops.h"

namespace convscope::onnx {

// How the nodes of the file hang together, for conversions that look ahead.
struct GraphLinks {
  std::vector<std::vector<ValueIndex>> node_inputs, node_outputs;  // -1: left out
  std::vector<std::vector<int>> readers;                           // nodes, by value
  std::vector<bool> is_output;                                     // by value
};

class NodeConverter {
 public:
  NodeConverter(const GraphProto& graph, const GraphLinks& links, int index, NodeView known,
                ValueTable& table)
      : view(std::move(known)),
        node(graph.nodes[static_cast<size_t>(index)]),
        values(table),
        graph_(graph),
        links_(links),
        index_(index) {}

  const NodeView view;
  const NodeProto& node;
  ValueTable& values;

  bool has_input(size_t i) const { return view.has_input(i); }
  const Shape& shape(size_t i = 0) const { return view.shape(i); }
  ValueIndex input(size_t i) const { return links_.node_inputs[static_cast<size_t>(index_)][i]; }
  ValueIndex output(size_t i = 0) const {
    return links_.node_outputs[static_cast<size_t>(index_)][i];
  }
  Axes native_axes(size_t i = 0) const { return values.native_axes(input(i)); }
  Result<ValueId> form(size_t i, const Axes& axes) const { return values.form(input(i), axes); }
  // The input in the form that is there already.
  Result<ValueId> native(size_t i = 0) const { return form(i, native_axes(i)); }
  // The numbers of an input that must not depend on the picture; `what` names it in the error.
  Result<HostTensor> constant(size_t i, std::string_view what) const;

  // Emits a node named after this one; a suffix tells helpers from the node itself.
  Result<ValueId> emit(Result<OpPtr> op, std::initializer_list<ValueId> inputs,
                       std::string_view suffix = "") const;
  Result<ValueId> parameter(std::string_view suffix, const HostTensor& tensor) const;
  // The output's value and how its axes stand; the shape follows.
  void give(ValueId id, Axes axes, size_t output = 0) const;
  // The same for any value: that of a node which was folded into this one.
  void give_value(ValueId id, Axes axes, ValueIndex output) const;
  // The output is the input under another name.
  void give_same(size_t input, size_t output = 0) const;

  // Refuses inputs that do not hold floats; of the first `count` alone.
  Status want_floats(size_t count = SIZE_MAX) const;

  // The node that alone reads a value, or -1 where there are several, or none, or the value leaves
  // the graph.
  int sole_reader(ValueIndex value) const;
  const NodeProto& other(int index) const { return graph_.nodes[static_cast<size_t>(index)]; }
  // Another node's input and its numbers, where they stand in the file.
  const HostTensor* constant_of(int index, size_t i) const;
  ValueIndex input_of(int index, size_t i) const {
    return links_.node_inputs[static_cast<size_t>(index)][i];
  }
  ValueIndex output_of(int index) const {
    return links_.node_outputs[static_cast<size_t>(index)][0];
  }

 private:
  const GraphProto& graph_;
  const GraphLinks& links_;
  const int index_;
};

// Kernels, strides, dilations and pads beyond this are in no network.
inline constexpr int64_t kMaxWindowExtent = 4096;

std::unexpected<Error> unsupported(std::string what);

// Converts one node; an error says why it cannot be.
using Conversion = Status (*)(const NodeConverter&);

}  // namespace convscope::onnx
