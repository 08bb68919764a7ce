// Sin: the sine.
//
//   y = sin x
//   dx = dy · cos x
//
// ONNX Sin.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Sin",
    .title = {"Sine", "正弦"},
    .equation = "y = sin x",
    .intuition = {"A wave: numbers come back after every turn of 2π. Networks use it to tell "
                  "positions apart.",
                  "一条波：每过 2π 就回到原值。网络用它来区分位置。"},
    .derivative = {"The slope of a sine is the cosine.", "正弦的斜率是余弦。"},
    .reference = "ONNX Sin",
};

class Sin final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kSin);
  }

 protected:
  double value(double x) const override { return std::sin(x); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    return context.emit(make_cos(), {context.input(0)});
  }
};

}  // namespace

OpPtr make_sin() { return std::make_shared<Sin>(); }

OpEntry sin_entry() { return unary_entry<make_sin>(kDoc.kind); }

}  // namespace convscope
