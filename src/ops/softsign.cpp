// Softsign: squeezes any number between −1 and 1, slowly.
//
//   y = x / (1 + |x|)
//   dx = dy / (1 + |x|)² = dy · (1 − |y|)²
//
// Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
// AISTATS 2010; ONNX Softsign.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Softsign",
    .title = {"Softsign", "Softsign 函数"},
    .equation = "y = x / (1 + |x|)",
    .intuition = {"Like tanh, but it nears its bounds much more slowly.",
                  "类似 tanh，但接近上下限要慢得多。"},
    .derivative = {"The slope falls with the square of the distance from zero.",
                   "斜率随离零的距离按平方下降。"},
    .reference = "Glorot & Bengio 2010, AISTATS",
};

class Softsign final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kSoftsign);
  }

 protected:
  double value(double x) const override { return x / (1 + std::abs(x)); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId size, context.emit(make_abs(), {context.output()}));
    TRY(const ValueId rest, context.emit(make_affine(-1, 1), {size}));
    return context.emit(make_mul(), {rest, rest});
  }
};

}  // namespace

OpPtr make_softsign() { return std::make_shared<Softsign>(); }

OpEntry softsign_entry() { return unary_entry<make_softsign>(kDoc.kind); }

}  // namespace convscope
