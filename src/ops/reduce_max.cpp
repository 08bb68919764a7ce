// ReduceMax: the largest element over some axes.
//
//   y = max x over the axes        y: x's shape with extent 1 there, or without them
//   dx = dy at the first maximum, else 0 (ReduceMaxGrad)
//
// ONNX ReduceMax; GlobalMaxPool over height and width.
#include <algorithm>

#include "ops/reduction.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ReduceMax",
    .title = {"Maximum over axes", "按轴取最大值"},
    .equation = "y[c] = maxₕᵥ x[h,v,c]",
    .intuition =
        {"Of many numbers only the largest is kept: did the pattern appear anywhere at all?",
         "许多数中只保留最大的：图案是否在任何地方出现过？"},
    .derivative = {"Only the winner has influence, so it receives the whole gradient.",
                   "只有胜出者有影响，所以它得到全部梯度。"},
    .reference = "ONNX ReduceMax; GlobalMaxPool over height and width",
};

class ReduceMax final : public Reduction {
 public:
  using Reduction::Reduction;
  const OpDoc& doc() const override { return kDoc; }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId dy, kept_cotangent(context));
    TRY(const ValueId dx, context.emit(make_reduce_max_grad(), {context.input(0), dy}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return reduce_kernel(ReduceFunction::kMaximum);
  }

 protected:
  double reduce(std::span<const double> values) const override {
    return *std::ranges::max_element(values);
  }
};

}  // namespace

OpPtr make_reduce_max(std::span<const int> axes, bool keepdims) {
  return std::make_shared<ReduceMax>(axes, keepdims);
}

OpEntry reduce_max_entry() { return reduction_entry<make_reduce_max>(kDoc.kind); }

}  // namespace convscope
