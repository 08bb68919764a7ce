// HardSwish: a signal times its own hard gate.
//
//   y = x · min(1, max(0, x/6 + 1/2))
//   dx = dy · (gate + x/6 where the gate is neither shut nor open)
//
// Howard et al., "Searching for MobileNetV3", arXiv:1905.02244; ONNX HardSwish.
#include <algorithm>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "HardSwish",
    .title = {"Hard swish", "Hard-swish 激活"},
    .equation = "y = x · min(1, max(0, x/6 + ½))",
    .intuition =
        {"A smooth-looking rectifier of straight lines and one parabola: cheap enough for phones. "
         "MobileNetV3 is built on it.",
         "由直线和一段抛物线组成、看上去平滑的整流函数：手机也算得起。MobileNetV3 以它为基础。"},
    .derivative = {"Above 3 everything passes, below −3 nothing; between, the slope rises along a "
                   "straight line.",
                   "大于 3 时全部通过，小于 −3 时完全不通过；中间斜率沿直线上升。"},
    .reference = "Howard et al. 2019, arXiv:1905.02244",
};

constexpr float kSlope = 1.0f / 6.0f;

class HardSwish final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kHardSwish);
  }

 protected:
  double value(double x) const override { return x * std::min(std::max(x / 6 + 0.5, 0.0), 1.0); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    // The gate's own share, x · gate'(x), lives between its two kinks alone.
    TRY(const ValueId gate, context.emit(make_hard_sigmoid(kSlope, 0.5f), {context.input(0)}));
    TRY(const ValueId share, context.emit(make_scale(kSlope), {context.input(0)}));
    TRY(const ValueId inside, context.emit(make_clip_grad(0, 1), {gate, share}));
    return context.emit(make_add(), {gate, inside});
  }
};

}  // namespace

OpPtr make_hard_swish() { return std::make_shared<HardSwish>(); }

OpEntry hard_swish_entry() { return unary_entry<make_hard_swish>(kDoc.kind); }

}  // namespace convscope
