// ReduceSum: the total over some axes.
//
//   y = Σ x over the axes          y: x's shape with extent 1 there, or without them
//   dx = dy, repeated along the axes
//
// ONNX ReduceSum.
#include <numeric>

#include "ops/reduction.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ReduceSum",
    .title = {"Sum", "求和"},
    .equation = "y[c] = Σₕᵥ x[h,v,c]",
    .intuition = {"Many numbers become one total, for example all pixels of a channel.",
                  "许多数合成一个总和，例如一个通道的所有像素。"},
    .derivative = {"Each summand moves the total one to one, so all receive the same gradient.",
                   "每个加数都一比一地影响总和，所以它们得到相同的梯度。"},
    .reference = "ONNX ReduceSum",
};

class ReduceSum final : public Reduction {
 public:
  using Reduction::Reduction;
  const OpDoc& doc() const override { return kDoc; }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    TRY(const ValueId dy, kept_cotangent(context));
    TRY(const ValueId dx, context.emit(make_expand(x), {dy}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return reduce_kernel(ReduceFunction::kSum);
  }

 protected:
  double reduce(std::span<const double> values) const override {
    return std::accumulate(values.begin(), values.end(), 0.0);
  }
};

}  // namespace

OpPtr make_reduce_sum(std::span<const int> axes, bool keepdims) {
  return std::make_shared<ReduceSum>(axes, keepdims);
}

OpEntry reduce_sum_entry() { return reduction_entry<make_reduce_sum>(kDoc.kind); }

}  // namespace convscope
