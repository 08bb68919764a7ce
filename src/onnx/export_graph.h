// A graph of ours on its way into an ONNX file. Internal to src/onnx; the mirror of values.h.
//
// Kernels here want channels last, ONNX wants N,C,H,W. Each value stands in the file in one or more
// forms, each with its axes in another order, and a Transpose is written only where a node wants an
// order that is not there yet; weights are transposed here and now.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/graph.h"
#include "onnx/host_tensor.h"
#include "onnx/values.h"

namespace convscope::onnx {

struct FileAttribute {
  std::string_view name;
  std::variant<int64_t, float, std::string, std::vector<int64_t>> value;
};

struct FileNode {
  std::string op_type, name;
  std::vector<std::string> inputs;  // empty: left out
  std::string output;
  std::vector<FileAttribute> attributes;
};

struct FileTensor {
  std::string name;
  HostTensor tensor;
};

// Does axis i of a value of that shape, for all axes longer than 1, come before axis i + 1?
bool keeps_order(const Shape& shape, const Axes& axes);

class ExportGraph {
 public:
  ExportGraph(const Graph& graph, const Parameters& parameters);

  const Shape& shape(ValueId id) const { return graph_.shape(id); }
  const Value& value(ValueId id) const { return graph_.value(id); }
  bool is_parameter(ValueId id) const { return graph_.value(id).parameter >= 0; }

  // A name that nothing in the file has yet: the one given or, where it is taken, with a number.
  std::string unique(const std::string& name);
  // Adds a node; gives its output's name back.
  std::string emit(std::string op_type, std::vector<std::string> inputs,
                   std::vector<FileAttribute> attributes, const std::string& output,
                   const std::string& label);
  // Constants; equal ones are one.
  std::string integers(std::vector<int64_t> values);
  std::string floats(std::span<const float> values);
  std::string scalar(float value);
  // A parameter under another shape, its axes then permuted (axis i of the result is axis
  // permutation[i]).
  Result<std::string> parameter(ValueId id, const Shape& shape,
                                const std::vector<int>& permutation);

  // A parameter that is a matrix again after the same.
  Result<std::string> matrix(ValueId id, const Shape& shape, const std::vector<int>& permutation);

  // Axis i of the value stands at axes[i] in the file. The first form is the native one.
  void give(ValueId id, Axes axes, std::string name);
  Axes native_axes(ValueId id);
  Result<std::string> form(ValueId id, const Axes& axes);
  // The value in its own order, up to axes of extent 1: for Reshape, which counts elements.
  Result<std::string> in_order(ValueId id);
  // The value to be combined, element by element, with one of rank axes.size() in that form.
  Result<std::string> broadcast_form(ValueId id, const Axes& axes);

  // Says that `flat` is `source` with all axes but the first made one. It is written when a node
  // asks for it: a Gemm permutes its weight instead of transposing the activation.
  void give_flattened(ValueId flat, ValueId source) { flattened_.insert_or_assign(flat, source); }
  // That source where the value has not been written in its own order; else an invalid id.
  ValueId flattened_from(ValueId id) const;
  // The source's elements flattened in the order in which they stand in the file.
  Result<std::string> flattened(ValueId flat);

  // Makes an output of the file of a value.
  Status finish(ValueId id, const Axes& axes, const std::string& name);

  const std::vector<FileNode>& nodes() const { return nodes_; }
  const std::vector<FileTensor>& tensors() const { return tensors_; }

 private:
  struct NamedForm {
    Axes axes;
    std::string name;
  };
  Result<std::string> arranged(ValueId id, const Shape& shape, const std::vector<int>& permutation,
                               const Shape* then);
  std::string constant(const std::string& key, const std::string& name, HostTensor tensor);
  Status write_flattened(ValueId flat);
  void rename(const std::string& from, const std::string& to);

  const Graph& graph_;
  const Parameters& parameters_;
  std::set<std::string, std::less<>> used_, labels_;
  std::map<std::string, std::string, std::less<>> constants_;  // by content
  std::map<ValueId, std::vector<NamedForm>> forms_;
  std::map<ValueId, ValueId> flattened_;
  std::map<ValueId, std::string> flattened_names_;
  std::set<std::string, std::less<>> outputs_;
  std::vector<FileNode> nodes_;
  std::vector<FileTensor> tensors_;
};

// Writes one node of ours; an error says why it has no form in ONNX.
Status export_node(ExportGraph& to, const Node& node);

}  // namespace convscope::onnx
