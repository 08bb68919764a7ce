// Cos: the cosine.
//
//   y = cos x
//   dx = −dy · sin x
//
// ONNX Cos.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Cos",
    .title = {"Cosine", "余弦"},
    .equation = "y = cos x",
    .intuition = {"A wave: numbers come back after every turn of 2π. Networks use it to tell "
                  "positions apart.",
                  "一条波：每过 2π 就回到原值。网络用它来区分位置。"},
    .derivative = {"The slope of a cosine is minus the sine.", "余弦的斜率是负的正弦。"},
    .reference = "ONNX Cos",
};

class Cos final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kCos);
  }

 protected:
  double value(double x) const override { return std::cos(x); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId sine, context.emit(make_sin(), {context.input(0)}));
    return context.emit(make_scale(-1), {sine});
  }
};

}  // namespace

OpPtr make_cos() { return std::make_shared<Cos>(); }

OpEntry cos_entry() { return unary_entry<make_cos>(kDoc.kind); }

}  // namespace convscope
