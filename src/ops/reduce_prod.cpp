// ReduceProd: the product over some axes.
//
//   y = Π x over the axes          y: x's shape with extent 1 there, or without them
//   No derivative: the quotient y / x, which is the usual rule, is not a number where a factor is
//   0.
//
// ONNX ReduceProd.
#include <functional>
#include <numeric>

#include "ops/reduction.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ReduceProd",
    .title = {"Product over axes", "按轴求积"},
    .equation = "y[c] = Πₕᵥ x[h,v,c]",
    .intuition = {"Many numbers are multiplied to one. A single zero makes it zero.",
                  "许多数相乘成一个。只要有一个零，结果就是零。"},
    .derivative = {"ConvScope does not differentiate it.", "ConvScope 不对它求导。"},
    .reference = "ONNX ReduceProd",
};

class ReduceProd final : public Reduction {
 public:
  using Reduction::Reduction;
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return reduce_kernel(ReduceFunction::kProduct);
  }

 protected:
  double reduce(std::span<const double> values) const override {
    return std::accumulate(values.begin(), values.end(), 1.0, std::multiplies());
  }
};

}  // namespace

OpPtr make_reduce_prod(std::span<const int> axes, bool keepdims) {
  return std::make_shared<ReduceProd>(axes, keepdims);
}

OpEntry reduce_prod_entry() {
  return reduction_entry<make_reduce_prod, /*differentiable=*/false>(kDoc.kind);
}

}  // namespace convscope
