// Sqrt: the square root.
//
//   y = √x                       x ≥ 0 (less is not a number)
//   dx = dy / (2 y)
//
// ONNX Sqrt.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Sqrt",
    .title = {"Square root", "平方根"},
    .equation = "y = √x",
    .intuition = {"It turns a variance into a spread, an area into a length.",
                  "它把方差变成标准差，把面积变成边长。"},
    .derivative = {"The smaller the number, the steeper; at zero it has no slope.",
                   "数越小越陡；在零处没有斜率。"},
    .reference = "ONNX Sqrt",
};

class Sqrt final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kSqrt);
  }

 protected:
  double value(double x) const override { return std::sqrt(x); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId reciprocal, context.emit(make_reciprocal(), {context.output()}));
    return context.emit(make_scale(0.5f), {reciprocal});
  }
};

}  // namespace

OpPtr make_sqrt() { return std::make_shared<Sqrt>(); }

OpEntry sqrt_entry() { return unary_entry<make_sqrt, Domain::kPositive>(kDoc.kind); }

}  // namespace convscope
