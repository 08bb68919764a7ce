// Celu: ELU whose two halves meet without a bend for every alpha.
//
//   y = x where x > 0, else alpha · (exp(x / alpha) − 1)      alpha ≠ 0
//   dx = dy · exp(min(x, 0) / alpha)
//
// Barron, "Continuously Differentiable Exponential Linear Units", arXiv:1704.07483; ONNX Celu.
#include <cmath>
#include <format>
#include <limits>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Celu",
    .title = {"CELU", "CELU 激活"},
    .equation = "y = max(0, x) + min(0, α·(exp(x/α) − 1))",
    .intuition = {"Positive signals pass, negative ones are bent gently towards a floor of −α. The "
                  "bend is smooth everywhere.",
                  "正信号原样通过，负信号平缓地弯向下限 −α。曲线处处光滑。"},
    .derivative =
        {"On the positive side everything passes; the deeper on the negative side, the less.",
         "正的一侧全部通过；负得越深，通过得越少。"},
    .reference = "Barron 2017, arXiv:1704.07483",
};

class Celu final : public Unary {
 public:
  explicit Celu(float alpha) : alpha_(alpha) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return std::format("alpha={}", alpha_); }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kCelu, alpha_);
  }

 protected:
  double value(double x) const override {
    return x > 0 ? x : static_cast<double>(alpha_) * std::expm1(x / static_cast<double>(alpha_));
  }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId below,
        context.emit(make_clip(-std::numeric_limits<float>::infinity(), 0.0f), {context.input(0)}));
    TRY(const ValueId scaled, context.emit(make_scale(1.0f / alpha_), {below}));
    return context.emit(make_exp(), {scaled});
  }

 private:
  const float alpha_;
};

}  // namespace

OpPtr make_celu(float alpha) { return std::make_shared<Celu>(alpha); }

OpEntry celu_entry() { return unary_alpha_entry<make_celu, 1.0f>(kDoc.kind); }

}  // namespace convscope
