// ONNX's reductions that are exact compositions of other operators: no operators of their own.
// Axes and keepdims as for make_reduce_sum; `origin` names the nodes. Each fails where the shapes
// do.
#pragma once

#include <span>
#include <string>

#include "graph/graph.h"

namespace convscope {

// −max(−x).
Result<ValueId> add_reduce_min(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                               bool keepdims, const std::string& origin);
// Σ |x|.
Result<ValueId> add_reduce_l1(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                              bool keepdims, const std::string& origin);
// √Σ x²; its derivative is not a number where all x are 0.
Result<ValueId> add_reduce_l2(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                              bool keepdims, const std::string& origin);
// Σ x².
Result<ValueId> add_reduce_sum_square(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                      bool keepdims, const std::string& origin);
// ln Σ x.
Result<ValueId> add_reduce_log_sum(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                   bool keepdims, const std::string& origin);
// ln Σ eˣ, without overflow: m + ln Σ e^(x − m), m the maximum.
Result<ValueId> add_reduce_log_sum_exp(GraphBuilder& builder, ValueId x, std::span<const int> axes,
                                       bool keepdims, const std::string& origin);

}  // namespace convscope
