// Neg: turns the sign.
//
//   y = −x
//   dx = −dy
//
// ONNX Neg.

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Neg",
    .title = {"Negation", "取负"},
    .equation = "y = −x",
    .intuition = {"What spoke for now speaks against.", "原来支持的，现在变成反对。"},
    .derivative = {"The gradient turns its sign too.", "梯度也跟着变号。"},
    .reference = "ONNX Neg",
};

class Neg final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId dx, context.emit(make_scale(-1), {context.cotangent()}));
    return Cotangents{dx};
  }
  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_scale_kernel(-1);
  }

 protected:
  double value(double x) const override { return -x; }
};

}  // namespace

OpPtr make_neg() { return std::make_shared<Neg>(); }

OpEntry neg_entry() { return unary_entry<make_neg>(kDoc.kind); }

}  // namespace convscope
