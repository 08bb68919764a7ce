// Power: one tensor to the power of another, with NumPy's broadcasting.
//
//   y = a^b        a, b: shapes that broadcast; where b is no whole number, a ≥ 0; y: their common
//   shape da = dy · b · a^(b − 1)    db = dy · y · ln a, each summed over the axes along which it
//   was repeated; db is not a number where a < 0
//
// ONNX Pow with an exponent that is computed, or a tensor.
#include <cmath>

#include "ops/binary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Power",
    .title = {"Power of two tensors", "两个张量的幂"},
    .equation = "y = aᵇ",
    .intuition = {"Every number is raised to an exponent of its own, which the network has learnt "
                  "or computed: a contrast curve for each channel, say.",
                  "每个数都取自己的指数，指数由网络学到或算出：例如每个通道各有一条对比度曲线。"},
    .derivative = {"For the base the exponent comes down as a factor; for the exponent the "
                   "logarithm of the base does.",
                   "对底数，指数降下来成为系数；对指数，系数是底数的对数。"},
    .reference = "ONNX Pow",
};

class Power final : public Binary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_binary_kernel(BinaryFunction::kPower);
  }

 protected:
  double value(double a, double b) const override { return std::pow(a, b); }
  Result<ValueId> cotangent_of(VjpContext& context, size_t i) const override {
    const ValueId a = context.input(0), b = context.input(1);
    if (i == 0) {
      TRY(const ValueId less, context.emit(make_affine(1, -1), {b}));
      TRY(const ValueId power, context.emit(make_power(), {a, less}));
      TRY(const ValueId slope, context.emit(make_mul(), {power, b}));
      return context.emit(make_mul(), {context.cotangent(), slope});
    }
    // What is added changes no float but 0, where y · ln a → 0 must not become 0 · −∞.
    constexpr float kTiny = 1.2e-38f;
    TRY(const ValueId base, context.emit(make_affine(1, kTiny), {a}));
    TRY(const ValueId logarithm, context.emit(make_log(), {base}));
    TRY(const ValueId slope, context.emit(make_mul(), {context.output(), logarithm}));
    return context.emit(make_mul(), {context.cotangent(), slope});
  }
};

}  // namespace

OpPtr make_power() { return std::make_shared<Power>(); }

OpEntry power_entry() { return binary_entry<make_power, Domain::kPositive>(kDoc.kind); }

}  // namespace convscope
