// LeakyRelu: a rectifier that lets a little of the negative through.
//
//   y = x where x > 0, else alpha · x
//   dx = dy where x > 0, else alpha · dy
//
// Maas, Hannun & Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", ICML 2013;
// ONNX LeakyRelu.
#include <format>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "LeakyRelu",
    .title = {"Leaky ReLU", "带泄漏的 ReLU"},
    .equation = "y = x if x > 0, else α·x",
    .intuition = {"Evidence for a pattern passes, evidence against it passes much weaker. No unit "
                  "can fall silent for good.",
                  "支持图案的信号通过，反对的信号大大减弱后通过。没有单元会永远沉默。"},
    .derivative =
        {"A switched-off unit still passes a small share of its gradient, so it can recover.",
         "关闭的单元仍传递一小部分梯度，因此还能恢复。"},
    .reference = "Maas, Hannun & Ng 2013, ICML",
};

class LeakyRelu final : public Unary {
 public:
  explicit LeakyRelu(float alpha) : alpha_(alpha) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return std::format("alpha={}", alpha_); }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kLeakyRelu, alpha_);
  }

 protected:
  double value(double x) const override { return x > 0 ? x : static_cast<double>(alpha_) * x; }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId positive, context.emit(make_step(0), {context.input(0)}));
    return context.emit(make_affine(1.0f - alpha_, alpha_), {positive});
  }

 private:
  const float alpha_;
};

}  // namespace

OpPtr make_leaky_relu(float alpha) { return std::make_shared<LeakyRelu>(alpha); }

OpEntry leaky_relu_entry() { return unary_alpha_entry<make_leaky_relu, 0.01f>(kDoc.kind); }

}  // namespace convscope
