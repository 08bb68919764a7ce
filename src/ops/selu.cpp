// Selu: an ELU scaled so that layers keep their mean and spread.
//
//   y = gamma · x where x > 0, else gamma · alpha · (exp(x) − 1)
//   dx = gamma · dy where x > 0, else gamma · alpha · exp(x) · dy
//
// Klambauer et al., "Self-Normalizing Neural Networks", arXiv:1706.02515; ONNX Selu.
#include <cmath>
#include <format>
#include <limits>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Selu",
    .title = {"SELU", "SELU 激活"},
    .equation = "y = γ·x if x > 0, else γ·α·(exp(x) − 1)",
    .intuition = {"Two constants are chosen so that mean 0 and variance 1 reproduce themselves "
                  "from layer to layer. No normalisation is needed.",
                  "两个常数经过选取，使均值 0、方差 1 在各层之间自我保持，不再需要归一化。"},
    .derivative = {"A little more than 1 on the positive side, levelling off on the negative one.",
                   "正的一侧略大于 1，负的一侧逐渐变平。"},
    .reference = "Klambauer et al. 2017, arXiv:1706.02515",
};

// The paper's constants, as ONNX writes them.
constexpr float kAlpha = 1.67326319217681884765625f, kGamma = 1.05070102214813232421875f;

class Selu final : public Unary {
 public:
  Selu(float alpha, float gamma) : alpha_(alpha), gamma_(gamma) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    return std::format("alpha={} gamma={}", alpha_, gamma_);
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kSelu, alpha_, gamma_);
  }

 protected:
  double value(double x) const override {
    return static_cast<double>(gamma_) * (x > 0 ? x : static_cast<double>(alpha_) * std::expm1(x));
  }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    const float inside = gamma_ * alpha_;
    TRY(const ValueId below,
        context.emit(make_clip(-std::numeric_limits<float>::infinity(), 0.0f), {context.input(0)}));
    TRY(const ValueId smooth, context.emit(make_exp(), {below}));
    TRY(const ValueId scaled, context.emit(make_scale(inside), {smooth}));
    TRY(const ValueId positive, context.emit(make_step(0), {context.input(0)}));
    TRY(const ValueId rest, context.emit(make_scale(gamma_ - inside), {positive}));
    return context.emit(make_add(), {scaled, rest});
  }

 private:
  const float alpha_, gamma_;
};

}  // namespace

OpPtr make_selu(float alpha, float gamma) { return std::make_shared<Selu>(alpha, gamma); }

OpEntry selu_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"alpha", "gamma"}));
        TRY(const float alpha, attributes.number("alpha", kAlpha));
        TRY(const float gamma, attributes.number("gamma", kGamma));
        return make_selu(alpha, gamma);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        std::vector<OpEntry::Sample> out = unary_samples(make_selu(kAlpha, kGamma));
        out.push_back({make_selu(0.5f, 2.0f), {{3, 7}}, {0}, {}});
        return out;
      },
  };
}

}  // namespace convscope
