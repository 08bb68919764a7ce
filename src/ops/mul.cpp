// Mul: element-wise product with NumPy's broadcasting.
//
//   y = a · b                 a, b: shapes that broadcast; y: their common shape
//   da = dy · b, db = dy · a, each summed over the axes along which it was repeated
//
// ONNX Mul; Hu et al., "Squeeze-and-Excitation Networks", arXiv:1709.01507 (gates).
#include "ops/binary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Mul",
    .title = {"Product (gate)", "相乘（门控）"},
    .equation = "y = a · b",
    .intuition = {"One tensor turns the other up or down, element by element. A gate near 0 mutes "
                  "a channel, a gate "
                  "near 1 leaves it alone.",
                  "一个张量逐元素地调节另一个的强弱。门控接近 0 时通道被静音，接近 1 时保持原样。"},
    .derivative = {"Each factor's gradient is scaled by the other factor: what is muted forwards "
                   "is muted backwards.",
                   "每个因子的梯度都乘以另一个因子：前向被静音的，反向也被静音。"},
    .reference = "Hu et al. 2017, arXiv:1709.01507",
};

class Mul final : public Binary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_binary_kernel(BinaryFunction::kMultiply);
  }

 protected:
  double value(double a, double b) const override { return a * b; }
  Result<ValueId> cotangent_of(VjpContext& context, size_t i) const override {
    return context.emit(make_mul(), {context.cotangent(), context.input(1 - i)});
  }
};

}  // namespace

OpPtr make_mul() { return std::make_shared<Mul>(); }

OpEntry mul_entry() { return binary_entry<make_mul>(kDoc.kind); }

}  // namespace convscope
