// Ceil: rounds up to a whole number.
//
//   y = ceil(x)
//   dx = 0                       by definition
//
// ONNX Ceil.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Ceil",
    .title = {"Round up", "上取整"},
    .equation = "y = ceil(x)",
    .intuition = {"Every number is moved up to the next whole one. What lies between is lost.",
                  "每个数向上取到最近的整数，中间的部分丢失。"},
    .derivative = {"Between the steps nothing changes, so no gradient passes; at a step there is "
                   "none. Zero by definition.",
                   "在台阶之间没有变化，所以梯度不通过；台阶处没有导数。按定义为零。"},
    .reference = "ONNX Ceil",
};

class Ceil final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kCeil);
  }

 protected:
  double value(double x) const override { return std::ceil(x); }
};

}  // namespace

OpPtr make_ceil() { return std::make_shared<Ceil>(); }

OpEntry ceil_entry() { return unary_entry<make_ceil>(kDoc.kind); }

}  // namespace convscope
