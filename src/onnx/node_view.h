// NodeView: one node with what is known of its inputs, and the arguments that ONNX moved from
// attributes to inputs over the years (axes, shapes, pads …), read from wherever they are.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "onnx/host_tensor.h"

namespace convscope::onnx {

struct NodeView {
  const NodeProto* node = nullptr;
  int64_t opset = 0;
  // By input: its numbers where they are known (else null), and its shape in ONNX's axis order.
  std::vector<const HostTensor*> constants;
  std::vector<Shape> shapes;

  bool has_input(size_t i) const { return i < node->inputs.size() && !node->inputs[i].empty(); }
  const HostTensor* constant(size_t i) const {
    return i < constants.size() ? constants[i] : nullptr;
  }
  const Shape& shape(size_t i = 0) const { return shapes[i]; }
  // Fails with `malformed` where the node has fewer inputs than that, or leaves one of them out.
  Status want_inputs(size_t count) const;

  // An attribute of older operator sets or an input of newer ones; the fallback where both are
  // missing. Fails with `unsupported` where the input is not known at import.
  Result<std::vector<int64_t>> integers(std::string_view name, size_t input,
                                        std::vector<int64_t> fallback) const;
  Result<std::vector<float>> numbers(size_t input, std::string_view name) const;
  Result<float> number(std::string_view name, size_t input, float fallback) const;
  // The integer of a scalar input or attribute.
  Result<int64_t> integer(std::string_view name, size_t input, int64_t fallback) const;
  // Axes as above, counted from the front, in the order given; `all` where the node names none.
  Result<std::vector<int>> axes(size_t input, int rank, std::vector<int> all) const;
  // The attribute "axis".
  Result<int> axis(int64_t fallback, int rank) const;
};

// -1 of a rank-4 tensor as 3; `malformed` where there is no such axis.
Result<int> positive_axis(int64_t axis, int rank);
std::vector<int> all_axes(int rank);

// Reshape's target with 0 and -1 resolved.
Result<Shape> reshape_target(const NodeView& view, const Shape& from);
// The shape after Squeeze and Unsqueeze.
Result<Shape> squeezed_shape(const NodeView& view, const Shape& from);
Result<Shape> unsqueezed_shape(const NodeView& view, const Shape& from);

// What Slice takes along one axis: begin, begin + step, … `length` of them.
struct SliceRange {
  int64_t begin = 0, step = 1, length = 0;
};
// One for each axis of the input.
Result<std::vector<SliceRange>> slice_ranges(const NodeView& view, const Shape& from);

// Extents of Split's outputs along its axis.
Result<std::vector<int64_t>> split_lengths(const NodeView& view, int64_t extent);

// Transpose's permutation; reversed axes where the node names none.
Result<std::vector<int>> permutation_of(const NodeView& view, int rank);

}  // namespace convscope::onnx
