// Exp: the exponential function.
//
//   y = exp(x)
//   dx = dy · y
//
// ONNX Exp.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Exp",
    .title = {"Exponential", "指数"},
    .equation = "y = eˣ",
    .intuition = {"Adding before becomes multiplying after: one step more, and the number grows by "
                  "a factor. Softmax is made from it.",
                  "之前的相加变成之后的相乘：每多一步，数值就乘上一个倍数。softmax 由它构成。"},
    .derivative = {"It is its own slope.", "它的斜率就是它自己。"},
    .reference = "ONNX Exp",
};

class Exp final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kExp);
  }

 protected:
  double value(double x) const override { return std::exp(x); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    return context.output();
  }
};

}  // namespace

OpPtr make_exp() { return std::make_shared<Exp>(); }

OpEntry exp_entry() { return unary_entry<make_exp>(kDoc.kind); }

}  // namespace convscope
