#include "ops/reductions.h"

#include "ops/ops.h"

namespace convscope {

Result<ValueId> add_reduce_min(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                               bool keepdims, const std::string& origin) {
  TRY(const ValueId minus, builder.add_one(make_neg(), {x}, origin + ".minus"));
  TRY(const ValueId largest,
      builder.add_one(make_reduce_max(axes, keepdims), {minus}, origin + ".max"));
  return builder.add_one(make_neg(), {largest}, origin);
}

Result<ValueId> add_reduce_l1(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                              bool keepdims, const std::string& origin) {
  TRY(const ValueId size, builder.add_one(make_abs(), {x}, origin + ".abs"));
  return builder.add_one(make_reduce_sum(axes, keepdims), {size}, origin);
}

Result<ValueId> add_reduce_l2(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                              bool keepdims, const std::string& origin) {
  TRY(const ValueId total,
      add_reduce_sum_square(builder, x, axes, keepdims, origin + ".sum_square"));
  return builder.add_one(make_sqrt(), {total}, origin);
}

Result<ValueId> add_reduce_sum_square(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                      bool keepdims, const std::string& origin) {
  TRY(const ValueId square, builder.add_one(make_mul(), {x, x}, origin + ".square"));
  return builder.add_one(make_reduce_sum(axes, keepdims), {square}, origin);
}

Result<ValueId> add_reduce_log_sum(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                   bool keepdims, const std::string& origin) {
  TRY(const ValueId total, builder.add_one(make_reduce_sum(axes, keepdims), {x}, origin + ".sum"));
  return builder.add_one(make_log(), {total}, origin);
}

Result<ValueId> add_reduce_log_sum_exp(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                       bool keepdims, const std::string& origin) {
  TRY(const ValueId largest, builder.add_one(make_reduce_max(axes, true), {x}, origin + ".max"));
  TRY(const ValueId below, builder.add_one(make_sub(), {x, largest}, origin + ".below"));
  TRY(const ValueId powers, builder.add_one(make_exp(), {below}, origin + ".exp"));
  TRY(const ValueId logarithm,
      add_reduce_log_sum(builder, powers, axes, keepdims, origin + ".log_sum"));
  if (keepdims) return builder.add_one(make_add(), {logarithm, largest}, origin);
  // The maximum of a maximum along an extent of 1 only drops the axes.
  TRY(const ValueId dropped,
      builder.add_one(make_reduce_max(axes, false), {largest}, origin + ".max_dropped"));
  return builder.add_one(make_add(), {logarithm, dropped}, origin);
}

}  // namespace convscope
