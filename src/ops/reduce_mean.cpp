// ReduceMean: the mean over some axes.
//
//   y = Σ x / n over the axes, n their elements      y: x's shape with extent 1 there, or without
//   them dx = dy / n, repeated along the axes
//
// ONNX ReduceMean.
#include <numeric>

#include "ops/reduction.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ReduceMean",
    .title = {"Mean", "平均值"},
    .equation = "y[c] = 1/n Σₕᵥ x[h,v,c]",
    .intuition = {"Many numbers become their mean, such as the brightness of a whole channel.",
                  "许多数变成它们的平均值，例如整个通道的亮度。"},
    .derivative = {"Every element has the same small share in the mean.",
                   "每个元素在平均值中占有同样的一小份。"},
    .reference = "ONNX ReduceMean",
};

class ReduceMean final : public Reduction {
 public:
  using Reduction::Reduction;
  const OpDoc& doc() const override { return kDoc; }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    TRY(const ValueId dy, kept_cotangent(context));
    const auto count = static_cast<float>(x.elements() / context.shape(dy).elements());
    TRY(const ValueId share, context.emit(make_scale(1.0f / count), {dy}));
    TRY(const ValueId dx, context.emit(make_expand(x), {share}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return reduce_kernel(ReduceFunction::kMean);
  }

 protected:
  double reduce(std::span<const double> values) const override {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
};

}  // namespace

OpPtr make_reduce_mean(std::span<const int> axes, bool keepdims) {
  return std::make_shared<ReduceMean>(axes, keepdims);
}

OpEntry reduce_mean_entry() { return reduction_entry<make_reduce_mean>(kDoc.kind); }

}  // namespace convscope
