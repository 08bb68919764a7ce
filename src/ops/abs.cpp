// Abs: the distance from zero.
//
//   y = |x|
//   dx = dy · sign(x)            (0 at the kink)
//
// ONNX Abs.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Abs",
    .title = {"Absolute value", "绝对值"},
    .equation = "y = |x|",
    .intuition =
        {"How strong a signal is, whichever its sign. Evidence for and against count alike.",
         "只看信号有多强，不管正负。支持和反对同样计入。"},
    .derivative = {"A positive number passes its gradient on, a negative one turns its sign.",
                   "正数原样传递梯度，负数把梯度的符号反过来。"},
    .reference = "ONNX Abs",
};

class Abs final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kAbs);
  }

 protected:
  double value(double x) const override { return std::abs(x); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    return context.emit(make_sign(), {context.input(0)});
  }
};

}  // namespace

OpPtr make_abs() { return std::make_shared<Abs>(); }

OpEntry abs_entry() { return unary_entry<make_abs>(kDoc.kind); }

}  // namespace convscope
