// Floor: rounds down to a whole number.
//
//   y = floor(x)
//   dx = 0                       by definition
//
// ONNX Floor.
#include <cmath>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Floor",
    .title = {"Round down", "下取整"},
    .equation = "y = floor(x)",
    .intuition = {"Every number is moved down to the next whole one. What lies between is lost.",
                  "每个数向下取到最近的整数，中间的部分丢失。"},
    .derivative = {"Between the steps nothing changes, so no gradient passes; at a step there is "
                   "none. Zero by definition.",
                   "在台阶之间没有变化，所以梯度不通过；台阶处没有导数。按定义为零。"},
    .reference = "ONNX Floor",
};

class Floor final : public Unary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kFloor);
  }

 protected:
  double value(double x) const override { return std::floor(x); }
};

}  // namespace

OpPtr make_floor() { return std::make_shared<Floor>(); }

OpEntry floor_entry() { return unary_entry<make_floor>(kDoc.kind); }

}  // namespace convscope
