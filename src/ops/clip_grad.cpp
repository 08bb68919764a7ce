// ClipGrad: the derivative of Clip applied to a cotangent.
//
//   dx = dy where minimum < y < maximum, else 0       y (Clip's output), dy, dx: one shape
//   d(dx)/d(dy): the same mask again; d(dx)/dy: zero almost everywhere
#include <algorithm>
#include <format>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ClipGrad",
    .title = {"Clip, backwards", "截断的反向"},
    .equation = "∂x = ∂y · [a < y < b]",
    .intuition = {"Only units that were neither off nor saturated in the forward pass let the "
                  "signal through. Two "
                  "kinds of silence, one mask.",
                  "只有前向时既没有关闭也没有饱和的单元让信号通过。两种沉默，同一个掩码。"},
    .derivative = {"The mask is fixed by the forward pass, so it is its own derivative.",
                   "掩码由前向计算固定，因此它的导数就是它自己。"},
    .reference = "Sandler et al. 2018, arXiv:1801.04381",
};

class ClipGrad final : public Op {
 public:
  ClipGrad(float minimum, float maximum) : minimum_(minimum), maximum_(maximum) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    return std::format("min={} max={}", minimum_, maximum_);
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 2 || inputs[0] != inputs[1]) {
      return shape_error(*this, "wants an output and a cotangent of one shape", inputs);
    }
    return std::vector<Shape>{inputs[1]};
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const double low = static_cast<double>(minimum_), high = static_cast<double>(maximum_);
    std::ranges::transform(inputs[0].values, inputs[1].values, outputs[0].values.begin(),
                           [&](double y, double dy) { return y > low && y < high ? dy : 0.0; });
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId ddy,
        context.emit(make_clip_grad(minimum_, maximum_), {context.input(0), context.cotangent()}));
    return Cotangents{std::nullopt, ddy};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_clamp_grad_kernel(minimum_, maximum_);
  }

 private:
  const float minimum_, maximum_;
};

}  // namespace

OpPtr make_clip_grad(float minimum, float maximum) {
  return std::make_shared<ClipGrad>(minimum, maximum);
}

OpEntry clip_grad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_clip_grad(-0.5f, 0.75f), {Shape{2, 3, 4, 5}, Shape{2, 3, 4, 5}}, {0, 1}, {}}};
      },
  };
}

}  // namespace convscope
