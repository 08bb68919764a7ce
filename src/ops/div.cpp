// Div: element-wise quotient with NumPy's broadcasting.
//
//   y = a / b                 a, b: shapes that broadcast, b ≠ 0 (0 gives ±∞); y: their common
//   shape da = dy / b, db = −dy · y / b, each summed over the axes along which it was repeated
//
// ONNX Div.
#include "ops/binary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Div",
    .title = {"Quotient", "相除"},
    .equation = "y = a / b",
    .intuition = {"One tensor is measured in units of the other. Dividing by a spread makes layers "
                  "comparable.",
                  "用另一个张量作单位来衡量这个张量。除以离散程度使各层可以比较。"},
    .derivative =
        {"The numerator's gradient is divided too; a larger denominator makes everything smaller.",
         "分子的梯度也被除；分母越大，一切越小。"},
    .reference = "ONNX Div",
};

class Div final : public Binary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_binary_kernel(BinaryFunction::kDivide);
  }

 protected:
  double value(double a, double b) const override { return a / b; }
  Result<ValueId> cotangent_of(VjpContext& context, size_t i) const override {
    TRY(const ValueId share, context.emit(make_div(), {context.cotangent(), context.input(1)}));
    if (i == 0) return share;
    TRY(const ValueId weighted, context.emit(make_mul(), {share, context.output()}));
    return context.emit(make_scale(-1), {weighted});
  }
};

}  // namespace

OpPtr make_div() { return std::make_shared<Div>(); }

OpEntry div_entry() { return binary_entry<make_div, Domain::kNonZero>(kDoc.kind); }

}  // namespace convscope
