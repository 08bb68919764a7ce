// HardSigmoid: a sigmoid of three straight lines.
//
//   y = min(1, max(0, alpha · x + beta))
//   dx = alpha · dy where 0 < y < 1, else 0
//
// Courbariaux, Bengio & David, "BinaryConnect", arXiv:1511.00363; ONNX HardSigmoid.
#include <algorithm>
#include <format>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "HardSigmoid",
    .title = {"Hard sigmoid", "分段线性 sigmoid"},
    .equation = "y = min(1, max(0, α·x + β))",
    .intuition = {"A gate between 0 and 1 that needs no exponential: shut below, open above, and a "
                  "straight ramp between.",
                  "不用指数运算的 0 到 1 之间的门：下面关闭，上面打开，中间是一段直线。"},
    .derivative = {"Only on the ramp does a change pass, scaled by its slope.",
                   "只有在斜坡上变化才能通过，并按斜率缩放。"},
    .reference = "Courbariaux et al. 2015, arXiv:1511.00363",
};

class HardSigmoid final : public Unary {
 public:
  HardSigmoid(float alpha, float beta) : alpha_(alpha), beta_(beta) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return std::format("alpha={} beta={}", alpha_, beta_); }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kHardSigmoid, alpha_, beta_);
  }

 protected:
  double value(double x) const override {
    return std::min(std::max(static_cast<double>(alpha_) * x + static_cast<double>(beta_), 0.0),
                    1.0);
  }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId above, context.emit(make_step(0), {context.output()}));
    TRY(const ValueId below_one, context.emit(make_affine(-1, 1), {context.output()}));
    TRY(const ValueId below, context.emit(make_step(0), {below_one}));
    TRY(const ValueId inside, context.emit(make_mul(), {above, below}));
    return context.emit(make_scale(alpha_), {inside});
  }

 private:
  const float alpha_, beta_;
};

}  // namespace

OpPtr make_hard_sigmoid(float alpha, float beta) {
  return std::make_shared<HardSigmoid>(alpha, beta);
}

OpEntry hard_sigmoid_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"alpha", "beta"}));
        TRY(const float alpha, attributes.number("alpha", 0.2f));
        TRY(const float beta, attributes.number("beta", 0.5f));
        return make_hard_sigmoid(alpha, beta);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        std::vector<OpEntry::Sample> out = unary_samples(make_hard_sigmoid(0.5f, 0.5f));
        out.push_back({make_hard_sigmoid(-0.5f, 0.25f), {{3, 7}}, {0}, {}});
        return out;
      },
  };
}

}  // namespace convscope
