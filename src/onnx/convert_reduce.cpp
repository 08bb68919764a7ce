// Reductions over axes, in whatever layout their input stands.
#include <algorithm>

#include "onnx/op_map.h"
#include "ops/reductions.h"

namespace convscope::onnx {
namespace {

// The axes that are left without keepdims, numbered anew.
Axes remaining_axes(const Axes& axes, const std::vector<int>& reduced) {
  Axes out;
  for (int axis : axes) {
    if (std::ranges::find(reduced, axis) != reduced.end()) continue;
    out.push_back(
        axis - static_cast<int>(std::ranges::count_if(reduced, [&](int r) { return r < axis; })));
  }
  return out;
}

Result<ValueId> reduce(const NodeConverter& node, ValueId x, std::span<const int> axes,
                       bool keepdims) {
  const std::string_view op = node.node.op_type;
  GraphBuilder& builder = node.values.builder();
  const std::string origin = node.node.label();
  if (op == "ReduceL1") return add_reduce_l1(builder, x, axes, keepdims, origin);
  if (op == "ReduceL2") return add_reduce_l2(builder, x, axes, keepdims, origin);
  if (op == "ReduceLogSum") return add_reduce_log_sum(builder, x, axes, keepdims, origin);
  if (op == "ReduceLogSumExp") return add_reduce_log_sum_exp(builder, x, axes, keepdims, origin);
  if (op == "ReduceMin") return add_reduce_min(builder, x, axes, keepdims, origin);
  if (op == "ReduceSumSquare") return add_reduce_sum_square(builder, x, axes, keepdims, origin);
  if (op == "ReduceMax") return node.emit(make_reduce_max(axes, keepdims), {x});
  if (op == "ReduceProd") return node.emit(make_reduce_prod(axes, keepdims), {x});
  if (op == "ReduceSum") return node.emit(make_reduce_sum(axes, keepdims), {x});
  return node.emit(make_reduce_mean(axes, keepdims), {x});
}

}  // namespace

Status convert_reduce(const NodeConverter& node) {
  TRY_STATUS(node.view.want_inputs(1));
  TRY_STATUS(node.want_floats(1));
  const int rank = node.shape().rank();
  TRY(const int64_t keepdims, node.node.integer("keepdims", 1));
  TRY(const int64_t noop, node.node.integer("noop_with_empty_axes", 0));
  TRY(const auto reduced, node.view.axes(1, rank, noop != 0 ? std::vector<int>() : all_axes(rank)));
  if (reduced.empty()) {
    if (node.node.op_type != "ReduceSum" && node.node.op_type != "ReduceMean")
      return unsupported("it reduces no axis");
    node.give_same(0);
    return {};
  }
  // What a picture's layout is made for: the mean over all its places.
  if (node.node.op_type == "ReduceMean" && rank == 4 && reduced == std::vector<int>{2, 3}) {
    TRY(const ValueId x, node.form(0, channels_last_axes(4)));
    TRY(ValueId y, node.emit(make_global_average_pool(), {x}, keepdims != 0 ? "" : ".pooled"));
    if (keepdims == 0) {
      TRY(y, node.emit(make_flatten(1), {y}));
    }
    node.give(y, keepdims != 0 ? channels_last_axes(4) : plain_axes(2));
    return {};
  }
  const Axes axes = node.native_axes();
  std::vector<int> stored;
  for (int axis : reduced) stored.push_back(stored_axis(axes, axis));
  std::ranges::sort(stored);
  TRY(const ValueId x, node.native());
  TRY(const ValueId y, reduce(node, x, stored, keepdims != 0));
  node.give(y, keepdims != 0 ? axes : remaining_axes(axes, reduced));
  return {};
}

}  // namespace convscope::onnx
