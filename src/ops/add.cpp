// Add: element-wise sum with NumPy's broadcasting.
//
//   y = a + b                 a, b: shapes that broadcast; y: their common shape
//   da = dy, db = dy, each summed over the axes along which it was repeated
//
// He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385 (skip connections);
// ONNX Add.
#include "graph/sum.h"
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Add",
    .title = {"Sum (skip connection)", "相加（跳跃连接）"},
    .equation = "y = a + b",
    .intuition = {"Two versions of the same picture are laid on top of each other. In residual "
                  "networks one is the "
                  "block's input, so that the block only has to learn what to change.",
                  "把同一图像的两个版本叠加在一起。在残差网络中，其中一个就是模块的输入，模块只需学"
                  "习要改动什么。"},
    .derivative = {"Both inputs receive the gradient unchanged: a motorway on which it reaches "
                   "early layers undiminished.",
                   "两个输入都原样收到梯度：像一条高速公路，梯度沿着它毫不减弱地到达前面的层。"},
    .reference = "He et al. 2015, arXiv:1512.03385",
};

class Add final : public Op {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    Shape out;
    if (inputs.size() != 2 || !broadcast_shapes(inputs[0], inputs[1], &out)) {
      return shape_error(*this, "wants two inputs whose shapes broadcast", inputs);
    }
    return std::vector<Shape>{out};
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape& shape = outputs[0].shape;
    for (int64_t i = 0; i < shape.elements(); ++i) {
      outputs[0][i] = inputs[0][broadcast_index(inputs[0].shape, shape, i)] +
                      inputs[1][broadcast_index(inputs[1].shape, shape, i)];
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(2);
    for (size_t i = 0; i < 2; ++i) {
      if (!context.wanted[i]) continue;
      const Shape shape = context.shape(context.input(i));
      TRY(out[i], sum_to_shape(context, context.cotangent(), shape));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    return make_add_kernel(output_clamp(context));
  }
  bool can_clamp_output() const override { return true; }
};

}  // namespace

OpPtr make_add() { return std::make_shared<Add>(); }
OpPtr make_sum() { return make_add(); }

OpEntry add_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {}));
        return make_add();
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_add(), {{2, 3, 4, 5}, {2, 3, 4, 5}}, {0, 1}, {}},
                {make_add(), {{2, 3, 4, 5}, {5}}, {0, 1}, {}},
                {make_add(), {{3, 1, 5}, {2, 1, 4, 1}}, {0, 1}, {}}};
      },
  };
}

}  // namespace convscope
