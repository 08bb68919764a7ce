// Softmax: scores to probabilities.
//
//   y[c] = exp(x[c]) / Σ_j exp(x[j])             along one axis; x, y: any shape
//   dx = y · (dy − Σ_j y[j] · dy[j])             (Mul, SumTo, Scale, Add)
//
// Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990; ONNX
// Softmax.
#include <cmath>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Softmax",
    .title = {"Softmax", "Softmax（归一化指数）"},
    .equation = "y[c] = exp(x[c]) / Σⱼ exp(x[j])",
    .intuition = {"Scores become shares of one whole, and the largest scores take most of it. One "
                  "class can only win "
                  "probability that others lose.",
                  "分数变成一个整体的份额，最高的分数占去大部分。一个类别赢得的概率，只能来自其他类"
                  "别失去的。"},
    .derivative = {"Raising a class's own score helps it, raising any other hurts it, and once it "
                   "is nearly certain "
                   "nothing matters any more.",
                   "提高某类自己的分数对它有利，提高其他任何一类的分数对它不利；一旦几乎确定，什么"
                   "都不再起作用。"},
    .reference = "Bridle 1990, Neurocomputing (NATO ASI)",
};

class Softmax final : public Op {
 public:
  explicit Softmax(int axis) : axis_(axis) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return "axis=" + std::to_string(axis_); }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1 || inputs[0].rank() == 0 || inputs[0].elements() == 0) {
      return shape_error(*this, "wants one input with elements", inputs);
    }
    TRY_STATUS(resolve_axis(*this, axis_, inputs));
    return std::vector<Shape>{inputs[0]};
  }
  int64_t flops(std::span<const Shape>, std::span<const Shape> outputs) const override {
    return 3 * outputs[0].elements();
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape& shape = inputs[0].shape;
    const int axis = positive_axis(shape);
    const int64_t outer = outer_elements(shape, axis), inner = inner_elements(shape, axis),
                  extent = shape[axis];
    for (int64_t line = 0; line < outer * inner; ++line) {
      const int64_t start = line / inner * inner * extent + line % inner;
      double maximum = inputs[0][start], sum = 0;
      for (int64_t i = 1; i < extent; ++i)
        maximum = std::max(maximum, inputs[0][start + i * inner]);
      for (int64_t i = 0; i < extent; ++i) {
        sum += outputs[0][start + i * inner] = std::exp(inputs[0][start + i * inner] - maximum);
      }
      for (int64_t i = 0; i < extent; ++i) outputs[0][start + i * inner] /= sum;
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const ValueId y = context.output(), dy = context.cotangent();
    Shape one = context.shape(y);
    one.set(positive_axis(one), 1);
    TRY(const ValueId weighted, context.emit(make_mul(), {y, dy}));
    TRY(const ValueId mean, sum_to_shape(context, weighted, one));
    TRY(const ValueId minus_mean, context.emit(make_scale(-1), {mean}));
    TRY(const ValueId centred, context.emit(make_add(), {dy, minus_mean}));
    TRY(const ValueId dx, context.emit(make_mul(), {y, centred}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    return make_softmax_kernel(positive_axis(context.inputs[0]), context.inputs[0].rank());
  }
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return "Softmax(" + std::to_string(positive_axis(inputs[0])) + " of " +
           std::to_string(inputs[0].rank()) + ")";
  }

 private:
  int positive_axis(const Shape& shape) const { return axis_ < 0 ? axis_ + shape.rank() : axis_; }

  const int axis_;
};

}  // namespace

OpPtr make_softmax(int axis) { return std::make_shared<Softmax>(axis); }

OpEntry softmax_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"axis"}));
        TRY(const int axis, read_axis(attributes));
        return make_softmax(axis);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_softmax(-1), {{3, 7}}, {0}, {}},
                {make_softmax(1), {{2, 3, 2, 4}}, {0}, {}},
                {make_softmax(-1), {{2, 1}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
