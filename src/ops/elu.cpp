// Elu: a rectifier whose negative side levels off.
//
//   y = x where x > 0, else alpha · (exp(x) − 1)
//   dx = dy where x > 0, else dy · alpha · exp(x)
//
// Clevert, Unterthiner & Hochreiter, "Exponential Linear Units", arXiv:1511.07289; ONNX Elu.
#include <cmath>
#include <format>
#include <limits>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Elu",
    .title = {"ELU", "ELU 激活"},
    .equation = "y = x if x > 0, else α·(exp(x) − 1)",
    .intuition = {"Positive signals pass. Negative ones are not cut off but bent towards a floor "
                  "of −α, so that the mean stays near zero.",
                  "正信号原样通过。负信号不被截断，而是弯向下限 −α，使平均值接近零。"},
    .derivative = {"On the positive side everything passes; on the negative side the less the "
                   "nearer the floor is.",
                   "正的一侧全部通过；负的一侧越接近下限，通过得越少。"},
    .reference = "Clevert, Unterthiner & Hochreiter 2015, arXiv:1511.07289",
};

class Elu final : public Unary {
 public:
  explicit Elu(float alpha) : alpha_(alpha) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return std::format("alpha={}", alpha_); }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kElu, alpha_);
  }

 protected:
  double value(double x) const override {
    return x > 0 ? x : static_cast<double>(alpha_) * std::expm1(x);
  }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    // exp(min(x, 0)) is the slope for alpha = 1; any other alpha differs on the negative side only.
    TRY(const ValueId below,
        context.emit(make_clip(-std::numeric_limits<float>::infinity(), 0.0f), {context.input(0)}));
    TRY(const ValueId smooth, context.emit(make_exp(), {below}));
    if (alpha_ == 1.0f) return smooth;
    TRY(const ValueId scaled, context.emit(make_scale(alpha_), {smooth}));
    TRY(const ValueId positive, context.emit(make_step(0), {context.input(0)}));
    TRY(const ValueId rest, context.emit(make_scale(1.0f - alpha_), {positive}));
    return context.emit(make_add(), {scaled, rest});
  }

 private:
  const float alpha_;
};

}  // namespace

OpPtr make_elu(float alpha) { return std::make_shared<Elu>(alpha); }

OpEntry elu_entry() { return unary_alpha_entry<make_elu, 1.0f>(kDoc.kind); }

}  // namespace convscope
