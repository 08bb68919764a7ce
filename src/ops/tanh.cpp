// Tanh: squeezes any number between −1 and 1.
//
//   y = tanh x
//   dx = dy · (1 − y²)
//
// ONNX Tanh.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Tanh",
    .title = {"Hyperbolic tangent", "双曲正切"},
    .equation = "y = tanh x",
    .intuition = {"Small signals pass nearly unchanged, large ones are held between −1 and 1.",
                  "小信号几乎原样通过，大信号被限制在 −1 和 1 之间。"},
    .derivative = {"The slope is 1 at zero and vanishes where the unit is saturated.",
                   "零处斜率为 1，单元饱和时斜率消失。"},
    .reference = "ONNX Tanh",
};

class Tanh final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kTanh);
  }

 protected:
  double value(double x) const override { return std::tanh(x); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId square, context.emit(make_mul(), {context.output(), context.output()}));
    return context.emit(make_affine(-1, 1), {square});
  }
};

}  // namespace

OpPtr make_tanh() { return std::make_shared<Tanh>(); }

OpEntry tanh_entry() { return unary_entry<make_tanh>(kDoc.kind); }

}  // namespace convscope
