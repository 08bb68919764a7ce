// Scale: a tensor times a constant.
//
//   y = f · x                 x, y: any shape; f: an attribute
//   dx = f · dy
#include <algorithm>
#include <cmath>
#include <format>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Scale",
    .title = {"Scaling by a constant", "乘以常数"},
    .equation = "y = f · x",
    .intuition = {"Every number grows or shrinks by the same factor. Means are sums scaled by one "
                  "over their count.",
                  "每个数都按同一倍数放大或缩小。平均值就是总和乘以个数的倒数。"},
    .derivative = {"A change comes out scaled by the same factor.", "变化也按同样的倍数输出。"},
    .reference = "elementary",
};

class Scale final : public Op {
 public:
  explicit Scale(float factor) : factor_(factor) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return std::format("factor={}", factor_); }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
    return std::vector<Shape>{inputs[0]};
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    std::ranges::transform(inputs[0].values, outputs[0].values.begin(),
                           [this](double x) { return x * static_cast<double>(factor_); });
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId dx, context.emit(make_scale(factor_), {context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_scale_kernel(factor_);
  }

 private:
  const float factor_;
};

}  // namespace

OpPtr make_scale(float factor) { return std::make_shared<Scale>(factor); }

OpEntry scale_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"factor"}));
        TRY(const float factor, attributes.number("factor", 1.0f));
        if (!std::isfinite(factor))
          return fail(ErrorCode::kInvalidArgument, "factor wants a finite number");
        return make_scale(factor);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_scale(-1.75f), {{2, 3, 4, 5}}, {0}, {}},
                {make_scale(1.0f / 3), {{3}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
