// ReluGrad: the derivative of Relu applied to a cotangent.
//
//   dx = dy where y > 0, else 0         y (Relu's output), dy, dx: one shape
//   d(dx)/d(dy): the same mask again; d(dx)/dy: zero almost everywhere
#include <algorithm>
#include <limits>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ReluGrad",
    .title = {"Rectifier, backwards", "线性整流的反向"},
    .equation = "∂x = ∂y · [y > 0]",
    .intuition = {"The forward pass decided which units are on; backwards, only those let the "
                  "signal through. Guided "
                  "backpropagation and deconvnet are other rules for this very place.",
                  "前向计算决定了哪些单元开启；反向时只有它们让信号通过。引导反向传播和反卷积网络就"
                  "是在这里换用别的规则。"},
    .derivative = {"The mask is fixed by the forward pass, so it is its own derivative.",
                   "掩码由前向计算固定，因此它的导数就是它自己。"},
    .reference = "Nair & Hinton 2010, ICML",
};

class ReluGrad final : public Op {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 2 || inputs[0] != inputs[1]) {
      return shape_error(*this, "wants an output and a cotangent of one shape", inputs);
    }
    return std::vector<Shape>{inputs[1]};
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    std::ranges::transform(inputs[0].values, inputs[1].values, outputs[0].values.begin(),
                           [](double y, double dy) { return y > 0 ? dy : 0.0; });
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId ddy, context.emit(make_relu_grad(), {context.input(0), context.cotangent()}));
    return Cotangents{std::nullopt, ddy};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_clamp_grad_kernel(0.0f, std::numeric_limits<float>::infinity());
  }
};

}  // namespace

OpPtr make_relu_grad() { return std::make_shared<ReluGrad>(); }

OpEntry relu_grad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_relu_grad(), {Shape{2, 3, 4, 5}, Shape{2, 3, 4, 5}}, {0, 1}, {}}};
      },
  };
}

}  // namespace convscope
