// GlobalAveragePool: one number per channel, the mean over the whole picture.
//
//   y[n,0,0,c] = 1/(H·W) Σ_{h,w} x[n,h,w,c]       x: N×H×W×C   y: N×1×1×C
//   dx[n,h,w,c] = dy[n,0,0,c] / (H·W)             (Scale, then Expand)
//
// Lin, Chen & Yan, "Network in Network", arXiv:1312.4400; ONNX GlobalAveragePool.
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "GlobalAveragePool",
    .title = {"Global average pooling", "全局平均池化"},
    .equation = "y[c] = 1/(H·W) Σₕᵥ x[h,v,c]",
    .intuition = {"Each channel reports how much of its pattern the picture holds, wherever it is. "
                  "After this layer "
                  "the network knows what, but no longer where.",
                  "每个通道报告图像中有多少它的图案，不管在哪里。经过这一层，网络知道有什么，却不再"
                  "知道在哪里。"},
    .derivative = {"Every pixel of a channel gets the same share, which is why Grad-CAM may weigh "
                   "whole channels.",
                   "通道中每个像素得到相同的份额，所以 Grad-CAM 可以给整个通道加权。"},
    .reference = "Lin, Chen & Yan 2013, arXiv:1312.4400",
};

class GlobalAveragePool final : public Op {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1 || inputs[0].rank() != 4 || inputs[0].elements() == 0) {
      return shape_error(*this, "wants one input of shape N×H×W×C", inputs);
    }
    return std::vector<Shape>{Shape{inputs[0][0], 1, 1, inputs[0][3]}};
  }
  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return inputs[0].elements();
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape& x = inputs[0].shape;
    const double weight = 1.0 / static_cast<double>(x[1] * x[2]);
    for (int64_t i = 0; i < x.elements(); ++i) {
      outputs[0][broadcast_index(outputs[0].shape, x, i)] += weight * inputs[0][i];
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    TRY(const ValueId share,
        context.emit(make_scale(1.0f / static_cast<float>(x[1] * x[2])), {context.cotangent()}));
    TRY(const ValueId dx, context.emit(make_expand(x), {share}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_global_average_pool_kernel();
  }
};

}  // namespace

OpPtr make_global_average_pool() { return std::make_shared<GlobalAveragePool>(); }

OpEntry global_average_pool_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {}));
        return make_global_average_pool();
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_global_average_pool(), {{2, 3, 5, 7}}, {0}, {}},
                {make_global_average_pool(), {{1, 1, 1, 3}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
