// Clip: keeps values between two bounds; ReLU6 is Clip(0, 6).
//
//   y = min(max(x, minimum), maximum)             x, y: any shape
//   dx = dy where minimum < y < maximum, else 0
//
// ONNX Clip; Sandler et al., "MobileNetV2", arXiv:1801.04381 (ReLU6).
#include <algorithm>
#include <format>
#include <limits>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Clip",
    .title = {"Clip (ReLU6)", "截断（ReLU6）"},
    .equation = "y = min(max(x, a), b)",
    .intuition = {"A rectifier with a ceiling: beyond the upper bound, more evidence makes no "
                  "difference. The bound "
                  "keeps numbers small enough for phones that compute with few bits.",
                  "带上限的整流：超过上限后，再多的证据也不起作用。这个上限让数值足够小，便于手机用"
                  "较少的位数计算。"},
    .derivative = {"Between the bounds a change passes unchanged; on either bound nothing passes, "
                   "so a unit can be "
                   "saturated as well as off.",
                   "在两个界限之间变化原样通过；到达任一界限后什么也传不过去，所以单元除了关闭，还"
                   "可能饱和。"},
    .reference = "Sandler et al. 2018, arXiv:1801.04381",
};

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class Clip final : public Op {
 public:
  Clip(float minimum, float maximum) : minimum_(minimum), maximum_(maximum) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    return std::format("min={} max={}", minimum_, maximum_);
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
    return std::vector<Shape>{inputs[0]};
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const double low = static_cast<double>(minimum_), high = static_cast<double>(maximum_);
    std::ranges::transform(inputs[0].values, outputs[0].values.begin(),
                           [&](double x) { return std::min(std::max(x, low), high); });
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId dx,
        context.emit(make_clip_grad(minimum_, maximum_), {context.output(), context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_clamp_kernel(minimum_, maximum_);
  }

  std::optional<ClampRange> clamp_range() const override { return ClampRange{minimum_, maximum_}; }

 private:
  const float minimum_, maximum_;
};

}  // namespace

OpPtr make_clip(float minimum, float maximum) { return std::make_shared<Clip>(minimum, maximum); }

OpEntry clip_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"min", "max"}));
        TRY(const float minimum, attributes.number("min", -kInfinity));
        TRY(const float maximum, attributes.number("max", kInfinity));
        if (minimum > maximum) {
          return fail(ErrorCode::kInvalidArgument,
                      std::format("Clip wants min <= max; got min={} max={}", minimum, maximum));
        }
        return make_clip(minimum, maximum);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_clip(-0.5f, 0.75f), {Shape{2, 3, 4, 5}}, {0}, {}},
                {make_clip(-0.25f, kInfinity), {Shape{5, 3}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
