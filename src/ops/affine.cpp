// Affine: multiplies by one constant and adds another.
//
//   y = scale · x + shift
//   dx = scale · dy
//
// ONNX Mul and Add with constants.
#include <format>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Affine",
    .title = {"Scale and shift", "缩放与平移"},
    .equation = "y = a·x + b",
    .intuition =
        {"All numbers are stretched by one factor and moved by one amount, as when pixels from 0 "
         "to 255 become numbers around 0.",
         "所有数字乘以同一个系数，再加上同一个数，例如把 0 到 255 的像素变成以 0 为中心的数。"},
    .derivative = {"The shift does not matter, the factor scales the gradient.",
                   "平移不影响梯度，系数按同样的比例缩放梯度。"},
    .reference = "ONNX Mul and Add with constants",
};

class Affine final : public Unary {
 public:
  Affine(float scale, float shift) : scale_(scale), shift_(shift) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    return std::format("scale={} shift={}", scale_, shift_);
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId dx, context.emit(make_scale(scale_), {context.cotangent()}));
    return Cotangents{dx};
  }
  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kAffine, scale_, shift_);
  }

 protected:
  double value(double x) const override {
    return static_cast<double>(scale_) * x + static_cast<double>(shift_);
  }

 private:
  const float scale_, shift_;
};

}  // namespace

OpPtr make_affine(float scale, float shift) { return std::make_shared<Affine>(scale, shift); }

OpEntry affine_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"scale", "shift"}));
        TRY(const float scale, attributes.number("scale", 1));
        TRY(const float shift, attributes.number("shift", 0));
        return make_affine(scale, shift);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return unary_samples(make_affine(-1.5f, 0.25f));
      },
  };
}

}  // namespace convscope
