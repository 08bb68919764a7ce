// Softplus: a rectifier with a round corner.
//
//   y = ln(1 + exp(x))
//   dx = dy · sigmoid(x)
//
// Dugas et al., "Incorporating Second-Order Functional Knowledge", NeurIPS 2001; ONNX Softplus.
#include <algorithm>
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Softplus",
    .title = {"Softplus", "Softplus 函数"},
    .equation = "y = ln(1 + eˣ)",
    .intuition = {"Very negative signals become almost 0, very positive ones pass, and around zero "
                  "the change is smooth. The result is always positive.",
                  "很负的信号几乎变成 0，很正的信号通过，零附近平滑过渡。结果总是正的。"},
    .derivative = {"Its slope is the sigmoid: a soft switch.",
                   "它的斜率是 sigmoid：一个柔和的开关。"},
    .reference = "Dugas et al. 2001, NeurIPS",
};

class Softplus final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kSoftplus);
  }

 protected:
  double value(double x) const override {
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
  }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    return context.emit(make_sigmoid(), {context.input(0)});
  }
};

}  // namespace

OpPtr make_softplus() { return std::make_shared<Softplus>(); }

OpEntry softplus_entry() { return unary_entry<make_softplus>(kDoc.kind); }

}  // namespace convscope
