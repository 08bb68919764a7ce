// Sigmoid: squeezes any number between 0 and 1.
//
//   y = 1 / (1 + exp(−x))
//   dx = dy · y · (1 − y)
//
// ONNX Sigmoid.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Sigmoid",
    .title = {"Sigmoid", "Sigmoid 函数"},
    .equation = "y = 1 / (1 + e⁻ˣ)",
    .intuition = {"A score becomes a gate or a probability: 0 for very negative, ½ at zero, 1 for "
                  "very positive.",
                  "分数变成一个门或概率：很负时为 0，零处为 ½，很正时为 1。"},
    .derivative =
        {"The slope is largest when undecided and vanishes when the gate is fully open or shut.",
         "犹豫不决时斜率最大，门完全打开或关闭时斜率消失。"},
    .reference = "ONNX Sigmoid",
};

class Sigmoid final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kSigmoid);
  }

 protected:
  double value(double x) const override { return 1 / (1 + std::exp(-x)); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId square, context.emit(make_mul(), {context.output(), context.output()}));
    return context.emit(make_sub(), {context.output(), square});
  }
};

}  // namespace

OpPtr make_sigmoid() { return std::make_shared<Sigmoid>(); }

OpEntry sigmoid_entry() { return unary_entry<make_sigmoid>(kDoc.kind); }

}  // namespace convscope
