// Reciprocal: one divided by a number.
//
//   y = 1 / x                    x ≠ 0 (0 gives ±∞)
//   dx = −dy · y²
//
// ONNX Reciprocal.

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Reciprocal",
    .title = {"Reciprocal", "倒数"},
    .equation = "y = 1 / x",
    .intuition = {"Large becomes small and small becomes large. Normalisations divide by a spread "
                  "in this way.",
                  "大变小，小变大。归一化就是这样除以离散程度的。"},
    .derivative = {"More of x always means less of y, and most so where x is small.",
                   "x 增大总使 y 减小，x 越小越明显。"},
    .reference = "ONNX Reciprocal",
};

class Reciprocal final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kReciprocal);
  }

 protected:
  double value(double x) const override { return 1 / x; }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId square, context.emit(make_mul(), {context.output(), context.output()}));
    return context.emit(make_scale(-1), {square});
  }
};

}  // namespace

OpPtr make_reciprocal() { return std::make_shared<Reciprocal>(); }

OpEntry reciprocal_entry() { return unary_entry<make_reciprocal, Domain::kNonZero>(kDoc.kind); }

}  // namespace convscope
