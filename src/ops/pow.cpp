// Pow: a power with a constant exponent.
//
//   y = x^p                      p: a constant; where it is no whole number, x ≥ 0
//   dx = dy · p · x^(p − 1)
//
// ONNX Pow with a constant exponent of one element.
#include <cmath>
#include <format>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Pow",
    .title = {"Power", "幂"},
    .equation = "y = xᵖ",
    .intuition = {"Every number is multiplied with itself, p times. An exponent of 2 measures "
                  "energy, of ½ takes a root.",
                  "每个数自乘 p 次。指数为 2 时衡量能量，为 ½ 时开平方。"},
    .derivative = {"The exponent comes down as a factor, and one power less is left.",
                   "指数降下来成为系数，幂次减一。"},
    .reference = "ONNX Pow",
};

class Pow final : public Unary {
 public:
  explicit Pow(float exponent) : exponent_(exponent) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return std::format("exponent={}", exponent_); }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kPower, exponent_);
  }

 protected:
  double value(double x) const override { return std::pow(x, static_cast<double>(exponent_)); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId power, context.emit(make_pow(exponent_ - 1), {context.input(0)}));
    return context.emit(make_scale(exponent_), {power});
  }

 private:
  const float exponent_;
};

}  // namespace

OpPtr make_pow(float exponent) { return std::make_shared<Pow>(exponent); }

OpEntry pow_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"exponent"}));
        TRY(const float exponent, attributes.number("exponent", 2));
        return make_pow(exponent);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        std::vector<OpEntry::Sample> out = unary_samples(make_pow(2));
        out.push_back({make_pow(3), {{3, 7}}, {0}, {}});
        for (float exponent : {0.5f, -0.5f, -0.75f, 1.3f})
          out.push_back({make_pow(exponent), {{3, 7}}, {0}, {}, Domain::kPositive});
        return out;
      },
  };
}

}  // namespace convscope
