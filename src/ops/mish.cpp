// Mish: a smooth rectifier that dips below zero.
//
//   y = x · t, t = tanh(softplus(x))
//   dx = dy · (t + x · (1 − t²) · sigmoid(x))
//
// Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", arXiv:1908.08681; ONNX Mish.
#include <algorithm>
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Mish",
    .title = {"Mish", "Mish 激活"},
    .equation = "y = x · tanh(ln(1 + eˣ))",
    .intuition =
        {"Large signals pass, negative ones fade out after a small dip. It is smooth everywhere.",
         "大的信号通过，负信号先略微下沉再逐渐消失。它处处光滑。"},
    .derivative =
        {"Near 1 for large signals, near 0 for very negative ones, slightly negative in the dip.",
         "信号大时接近 1，负得很深时接近 0，在下沉处略为负。"},
    .reference = "Misra 2019, arXiv:1908.08681",
};

class Mish final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kMish);
  }

 protected:
  double value(double x) const override {
    return x * std::tanh(std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))));
  }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId soft, context.emit(make_softplus(), {context.input(0)}));
    TRY(const ValueId gate, context.emit(make_tanh(), {soft}));
    TRY(const ValueId square, context.emit(make_mul(), {gate, gate}));
    TRY(const ValueId gate_slope, context.emit(make_affine(-1, 1), {square}));
    TRY(const ValueId sigmoid, context.emit(make_sigmoid(), {context.input(0)}));
    TRY(const ValueId inner, context.emit(make_mul(), {gate_slope, sigmoid}));
    TRY(const ValueId share, context.emit(make_mul(), {context.input(0), inner}));
    return context.emit(make_add(), {gate, share});
  }
};

}  // namespace

OpPtr make_mish() { return std::make_shared<Mish>(); }

OpEntry mish_entry() { return unary_entry<make_mish>(kDoc.kind); }

}  // namespace convscope
