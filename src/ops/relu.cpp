// Relu: keeps what is positive.
//
//   y = max(0, x)                       x, y: any shape
//   dx = dy where y > 0, else 0         (the kink at 0 counts as off)
//
// Nair & Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", ICML 2010.
#include <algorithm>
#include <limits>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Relu",
    .title = {"Rectifier (ReLU)", "线性整流（ReLU）"},
    .equation = "y = max(0, x)",
    .intuition = {"Evidence for a pattern passes, evidence against it becomes zero. Without this "
                  "bend, layers on "
                  "layers of convolutions would still be only one convolution.",
                  "支持某个图案的信号原样通过，反对它的信号变成零。没有这个转折，再多层卷积叠加起来"
                  "也只相当于一层卷积。"},
    .derivative = {"Where the unit is on, a small change passes unchanged; where it is off, no "
                   "change passes at all.",
                   "单元开启处，微小的变化原样通过；关闭处，任何变化都传不过去。"},
    .reference = "Nair & Hinton 2010, ICML",
};

class Relu final : public Op {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
    return std::vector<Shape>{inputs[0]};
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    std::ranges::transform(inputs[0].values, outputs[0].values.begin(),
                           [](double x) { return std::max(x, 0.0); });
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId dx, context.emit(make_relu_grad(), {context.output(), context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_clamp_kernel(0.0f, std::numeric_limits<float>::infinity());
  }

  std::optional<ClampRange> clamp_range() const override {
    return ClampRange{0.0f, std::numeric_limits<float>::infinity()};
  }
};

}  // namespace

OpPtr make_relu() { return std::make_shared<Relu>(); }

OpEntry relu_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {}));
        return make_relu();
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_relu(), {Shape{2, 3, 4, 5}}, {0}, {}}, {make_relu(), {Shape{7}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
