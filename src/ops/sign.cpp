// Sign: −1, 0 or 1.
//
//   y = −1, 0 or 1
//   dx = 0                       by definition
//
// ONNX Sign.

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Sign",
    .title = {"Sign", "符号"},
    .equation = "y = sign x",
    .intuition = {"Only the direction of a signal is kept, not its strength.",
                  "只保留信号的方向，不保留强弱。"},
    .derivative = {"It is flat on both sides and jumps at zero. Zero by definition.",
                   "两侧都是平的，在零处跳变。按定义为零。"},
    .reference = "ONNX Sign",
};

class Sign final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kSign);
  }

 protected:
  double value(double x) const override { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; }
};

}  // namespace

OpPtr make_sign() { return std::make_shared<Sign>(); }

OpEntry sign_entry() { return unary_entry<make_sign>(kDoc.kind); }

}  // namespace convscope
