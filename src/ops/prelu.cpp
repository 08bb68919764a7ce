// PRelu: a leaky rectifier whose leak is learnt.
//
//   y = x where x > 0, else s · x      s: a shape that broadcasts to x's, such as one slope a
//   channel dx = dy where x > 0, else s · dy   ds = dy · min(x, 0), summed over the axes along
//   which s was repeated
//
// He et al., "Delving Deep into Rectifiers", arXiv:1502.01852; ONNX PRelu.
#include <limits>

#include "ops/binary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "PRelu",
    .title = {"Parametric ReLU", "参数化 ReLU"},
    .equation = "y = x if x > 0, else s·x",
    .intuition = {"Evidence against a pattern passes weakened, and each channel has learnt by how "
                  "much. A slope of 0 is ReLU, a slope of 1 does nothing.",
                  "反对图案的信号减弱后通过，减弱多少由每个通道自己学到。斜率为 0 就是 ReLU，为 1 "
                  "则什么也不做。"},
    .derivative = {"A switched-off unit passes the learnt share of its gradient.",
                   "关闭的单元按学到的比例传递梯度。"},
    .reference = "He et al. 2015, arXiv:1502.01852",
};

class PRelu final : public Binary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    Shape out;
    if (inputs.size() != 2 || !broadcast_shapes(inputs[0], inputs[1], &out) || out != inputs[0]) {
      return shape_error(*this, "wants x and slopes whose shape broadcasts to x's", inputs);
    }
    return std::vector<Shape>{out};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_binary_kernel(BinaryFunction::kPRelu);
  }

 protected:
  double value(double a, double b) const override { return a > 0 ? a : b * a; }
  Result<ValueId> cotangent_of(VjpContext& context, size_t i) const override {
    if (i == 1) {
      TRY(const ValueId negative,
          context.emit(make_clip(-std::numeric_limits<float>::infinity(), 0), {context.input(0)}));
      return context.emit(make_mul(), {context.cotangent(), negative});
    }
    // s + (1 − s) where x > 0.
    TRY(const ValueId positive, context.emit(make_step(0), {context.input(0)}));
    TRY(const ValueId rest, context.emit(make_affine(-1, 1), {context.input(1)}));
    TRY(const ValueId switched, context.emit(make_mul(), {positive, rest}));
    TRY(const ValueId slope, context.emit(make_add(), {switched, context.input(1)}));
    return context.emit(make_mul(), {context.cotangent(), slope});
  }
};

}  // namespace

OpPtr make_prelu() { return std::make_shared<PRelu>(); }

OpEntry prelu_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {}));
        return make_prelu();
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_prelu(), {{2, 3, 4, 5}, {5}}, {0, 1}, {}},
                {make_prelu(), {{2, 3, 4, 5}, {1, 1, 1}}, {0, 1}, {1}},
                {make_prelu(), {{3, 4}, {3, 4}}, {0, 1}, {}}};
      },
  };
}

}  // namespace convscope
