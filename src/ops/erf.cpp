// Erf: the error function.
//
//   y = 2/√π ∫ exp(−t²) dt from 0 to x
//   dx = dy · 2/√π · exp(−x²)
//
// ONNX Erf.
#include <cmath>
#include <numbers>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Erf",
    .title = {"Error function", "误差函数"},
    .equation = "y = 2/√π ∫₀ˣ exp(−t²) dt",
    .intuition = {"How likely a normally distributed measurement lies within x of its mean. GELU "
                  "is made from it.",
                  "服从正态分布的测量值落在均值两侧 x 范围内的可能性。GELU 由它构成。"},
    .derivative = {"Its slope is the bell curve.", "它的斜率就是钟形曲线。"},
    .reference = "ONNX Erf",
};

class Erf final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kErf);
  }

 protected:
  double value(double x) const override { return std::erf(x); }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    TRY(const ValueId square, context.emit(make_mul(), {context.input(0), context.input(0)}));
    TRY(const ValueId minus, context.emit(make_scale(-1), {square}));
    TRY(const ValueId bell, context.emit(make_exp(), {minus}));
    return context.emit(make_scale(2.0f * std::numbers::inv_sqrtpi_v<float>), {bell});
  }
};

}  // namespace

OpPtr make_erf() { return std::make_shared<Erf>(); }

OpEntry erf_entry() { return unary_entry<make_erf>(kDoc.kind); }

}  // namespace convscope
