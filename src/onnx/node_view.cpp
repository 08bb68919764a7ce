#include "onnx/node_view.h"

#include <algorithm>
#include <format>
#include <numeric>

namespace convscope::onnx {
namespace {

std::unexpected<Error> unknown_input(const NodeView& view, size_t input, std::string_view name) {
  return fail(ErrorCode::kUnsupported,
              std::format("its {} ({}) is computed from the picture, ConvScope wants it to be "
                          "constant",
                          name, quotable(view.node->inputs[input])));
}

Result<const HostTensor*> known_input(const NodeView& view, size_t input, std::string_view name) {
  const HostTensor* constant = view.constant(input);
  if (constant == nullptr) return unknown_input(view, input, name);
  return constant;
}

int64_t clamped(int64_t value, int64_t low, int64_t high) {
  return std::min(std::max(value, low), high);
}

}  // namespace

Status NodeView::want_inputs(size_t count) const {
  for (size_t i = 0; i < count; ++i) {
    if (!has_input(i)) {
      return damaged(std::format("node {} of the operator {} has no input {}, want {}",
                                 node->label(), quotable(node->op_type), i + 1, count));
    }
  }
  return {};
}

Result<std::vector<int64_t>> NodeView::integers(std::string_view name, size_t input,
                                                std::vector<int64_t> fallback) const {
  if (node->has(name)) return node->integers(name, {});
  if (!has_input(input)) return fallback;
  TRY(const HostTensor* constant, known_input(*this, input, name));
  if (constant->is_float()) return damaged(std::format("{} is not a list of integers", name));
  return constant->integers;
}

Result<std::vector<float>> NodeView::numbers(size_t input, std::string_view name) const {
  if (!has_input(input)) return std::vector<float>();
  TRY(const HostTensor* constant, known_input(*this, input, name));
  std::vector<float> out(static_cast<size_t>(constant->elements()));
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(constant->number(static_cast<int64_t>(i)));
  return out;
}

Result<float> NodeView::number(std::string_view name, size_t input, float fallback) const {
  if (node->has(name)) return node->number(name, fallback);
  TRY(const auto values, numbers(input, name));
  if (!has_input(input)) return fallback;
  if (values.size() != 1)
    return damaged(std::format("{} has {} numbers, want 1", name, values.size()));
  return values[0];
}

Result<int64_t> NodeView::integer(std::string_view name, size_t input, int64_t fallback) const {
  if (node->has(name)) return node->integer(name, fallback);
  TRY(const auto values, integers(name, input, {fallback}));
  if (values.size() != 1)
    return damaged(std::format("{} has {} numbers, want 1", name, values.size()));
  return values[0];
}

Result<std::vector<int>> NodeView::axes(size_t input, int rank, std::vector<int> all) const {
  TRY(const auto given, integers("axes", input, {}));
  if (given.empty()) return all;
  std::vector<int> out;
  for (int64_t axis : given) {
    TRY(const int positive, positive_axis(axis, rank));
    if (std::ranges::find(out, positive) != out.end())
      return damaged(std::format("it names the axis {} twice", axis));
    out.push_back(positive);
  }
  return out;
}

Result<int> NodeView::axis(int64_t fallback, int rank) const {
  TRY(const int64_t axis, node->integer("axis", fallback));
  return positive_axis(axis, rank);
}

Result<int> positive_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    return damaged(std::format("it names the axis {} of a tensor of {} axes", axis, rank));
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int> all_axes(int rank) {
  std::vector<int> out(static_cast<size_t>(rank));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

Result<Shape> reshape_target(const NodeView& view, const Shape& from) {
  TRY(auto dims, view.integers("shape", 1, {}));
  TRY(const int64_t allow_zero, view.node->integer("allowzero", 0));
  int64_t known = 1;
  int inferred = -1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && allow_zero == 0) {
      if (i >= static_cast<size_t>(from.rank()))
        return damaged("an extent 0 of its shape has no axis of the input to copy");
      dims[i] = from[static_cast<int>(i)];
    }
    if (dims[i] == -1) {
      if (inferred >= 0) return damaged("its shape has the extent -1 twice");
      inferred = static_cast<int>(i);
    } else if (dims[i] < 0 || dims[i] > kMaxTensorElements ||
               (known *= dims[i]) > kMaxTensorElements) {
      return damaged(std::format("its shape has the extent {}", dims[i]));
    }
  }
  if (inferred >= 0) dims[static_cast<size_t>(inferred)] = known == 0 ? 0 : from.elements() / known;
  TRY(const Shape to, checked_shape(dims, "its target"));
  if (to.elements() != from.elements())
    return damaged(std::format("{} does not fit the shape {}", from.text(), to.text()));
  return to;
}

Result<Shape> squeezed_shape(const NodeView& view, const Shape& from) {
  std::vector<int> ones;
  for (int i = 0; i < from.rank(); ++i) {
    if (from[i] == 1) ones.push_back(i);
  }
  TRY(const auto axes, view.axes(1, from.rank(), ones));
  std::vector<int64_t> dims;
  for (int i = 0; i < from.rank(); ++i) {
    if (std::ranges::find(axes, i) == axes.end()) {
      dims.push_back(from[i]);
    } else if (from[i] != 1) {
      return damaged(std::format("it squeezes the axis {} of {}", i, from.text()));
    }
  }
  return Shape(dims);
}

Result<Shape> unsqueezed_shape(const NodeView& view, const Shape& from) {
  TRY(const auto given, view.integers("axes", 1, {}));
  const size_t rank = given.size() + static_cast<size_t>(from.rank());
  if (rank > kMaxRank) {
    return fail(
        ErrorCode::kUnsupported,
        std::format("its result has {} axes, ConvScope's tensors at most {}", rank, kMaxRank));
  }
  TRY(const auto axes, view.axes(1, static_cast<int>(rank), {}));
  std::vector<int64_t> dims;
  for (int i = 0, taken = 0; i < static_cast<int>(rank); ++i)
    dims.push_back(std::ranges::find(axes, i) != axes.end() ? 1 : from[taken++]);
  return Shape(dims);
}

Result<std::vector<SliceRange>> slice_ranges(const NodeView& view, const Shape& from) {
  TRY(const auto starts, view.integers("starts", 1, {}));
  TRY(const auto ends, view.integers("ends", 2, {}));
  TRY(const auto axes, view.axes(3, from.rank(), all_axes(from.rank())));
  TRY(const auto steps, view.integers("steps", 4, std::vector<int64_t>(starts.size(), 1)));
  if (ends.size() != starts.size() || steps.size() != starts.size() || axes.size() < starts.size())
    return damaged("its starts, ends, axes and steps are not equally many");
  std::vector<SliceRange> out;
  for (int64_t extent : from.dims()) out.push_back({0, 1, extent});
  for (size_t i = 0; i < starts.size(); ++i) {
    const int64_t extent = from[axes[i]], step = steps[i];
    if (step == 0 || step == INT64_MIN) return damaged("it has a step of 0");
    const auto place = [&](int64_t at) { return at < 0 ? std::max(at, -extent - 1) + extent : at; };
    int64_t begin = place(starts[i]), end = place(ends[i]);
    int64_t length = 0;
    if (step > 0) {
      begin = clamped(begin, 0, extent);
      end = clamped(end, 0, extent);
      length = end > begin ? (end - begin - 1) / step + 1 : 0;
    } else {
      begin = clamped(begin, -1, extent - 1);
      end = clamped(end, -1, extent - 1);
      length = begin > end ? (begin - end - 1) / -step + 1 : 0;
    }
    out[static_cast<size_t>(axes[i])] = {begin, step, length};
  }
  return out;
}

Result<std::vector<int64_t>> split_lengths(const NodeView& view, int64_t extent) {
  const auto outputs = static_cast<int64_t>(view.node->outputs.size());
  TRY(auto lengths, view.integers("split", 1, {}));
  if (lengths.empty()) {
    // The last part is the smaller one where they cannot be equal (operator set 18).
    const int64_t part = (extent + outputs - 1) / std::max<int64_t>(outputs, 1);
    for (int64_t begin = 0, i = 0; i < outputs; ++i, begin += part)
      lengths.push_back(clamped(extent - begin, 0, part));
  }
  int64_t sum = 0;
  for (int64_t length : lengths) {
    if (length < 0 || length > extent) return damaged("it has a part of an impossible length");
    sum += length;
  }
  if (static_cast<int64_t>(lengths.size()) != outputs || sum != extent) {
    return damaged(std::format("its {} parts hold {} of {} and it has {} outputs", lengths.size(),
                               sum, extent, outputs));
  }
  return lengths;
}

Result<std::vector<int>> permutation_of(const NodeView& view, int rank) {
  std::vector<int64_t> reversed(static_cast<size_t>(rank));
  for (int i = 0; i < rank; ++i) reversed[static_cast<size_t>(i)] = rank - 1 - i;
  TRY(const auto given, view.node->integers("perm", reversed));
  std::vector<int> out;
  std::vector<bool> seen(static_cast<size_t>(rank));
  for (int64_t axis : given) {
    TRY(const int positive, positive_axis(axis, rank));
    if (seen[static_cast<size_t>(positive)])
      return damaged(std::format("it names the axis {} twice", axis));
    seen[static_cast<size_t>(positive)] = true;
    out.push_back(positive);
  }
  if (out.size() != static_cast<size_t>(rank))
    return damaged(std::format("it names {} axes of {}", out.size(), rank));
  return out;
}

}  // namespace convscope::onnx
