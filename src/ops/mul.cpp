// Mul: element-wise product with NumPy's broadcasting.
//
//   y = a · b                 a, b: shapes that broadcast; y: their common shape
//   da = dy · b, db = dy · a, each summed over the axes along which it was repeated
//
// ONNX Mul; Hu et al., "Squeeze-and-Excitation Networks", arXiv:1709.01507 (gates).
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Mul",
    .title = {"Product (gate)", "相乘（门控）"},
    .equation = "y = a · b",
    .intuition = {"One tensor turns the other up or down, element by element. A gate near 0 mutes "
                  "a channel, a gate "
                  "near 1 leaves it alone.",
                  "一个张量逐元素地调节另一个的强弱。门控接近 0 时通道被静音，接近 1 时保持原样。"},
    .derivative = {"Each factor's gradient is scaled by the other factor: what is muted forwards "
                   "is muted backwards.",
                   "每个因子的梯度都乘以另一个因子：前向被静音的，反向也被静音。"},
    .reference = "Hu et al. 2017, arXiv:1709.01507",
};

class Mul final : public Op {
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
      outputs[0][i] = inputs[0][broadcast_index(inputs[0].shape, shape, i)] *
                      inputs[1][broadcast_index(inputs[1].shape, shape, i)];
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(2);
    for (size_t i = 0; i < 2; ++i) {
      if (!context.wanted[i]) continue;
      const Shape shape = context.shape(context.input(i));
      TRY(const ValueId scaled,
          context.emit(make_mul(), {context.cotangent(), context.input(1 - i)}));
      TRY(out[i], sum_to_shape(context, scaled, shape));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_multiply_kernel();
  }
};

}  // namespace

OpPtr make_mul() { return std::make_shared<Mul>(); }

OpEntry mul_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {}));
        return make_mul();
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_mul(), {{2, 3, 4, 5}, {2, 3, 4, 5}}, {0, 1}, {}},
                {make_mul(), {{2, 3, 4, 5}, {2, 1, 1, 5}}, {0, 1}, {}},
                {make_mul(), {{3, 1, 5}, {2, 1, 4, 1}}, {0, 1}, {}}};
      },
  };
}

}  // namespace convscope
