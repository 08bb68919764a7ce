// Expand: repeats a tensor along its axes of extent 1, to a given shape.
//
//   y[i…] = x[i… with 0 along repeated axes]      x: a shape that broadcasts to y's
//   dx = SumTo(dy)
//
// ONNX Expand.
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Expand",
    .title = {"Repetition", "重复扩展"},
    .equation = "y[h,v,c] = x[c]",
    .intuition = {"One value is copied to every place that needs it, as a mean is handed back to "
                  "all pixels. Nothing "
                  "is computed.",
                  "把一个值复制到每个需要它的位置，例如把平均值发还给所有像素。没有任何计算。"},
    .derivative = {"A value that is used in many places collects the gradients of all of them.",
                   "被用在许多位置的值，收集所有这些位置的梯度之和。"},
    .reference = "ONNX Expand",
};

class Expand final : public Op {
 public:
  explicit Expand(const Shape& shape) : shape_(shape) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return "shape=" + shape_.text(); }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    Shape out;
    if (inputs.size() != 1 || !broadcast_shapes(inputs[0], shape_, &out) || out != shape_) {
      return shape_error(*this, "wants one input that broadcasts to the shape", inputs);
    }
    return std::vector<Shape>{shape_};
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    for (int64_t i = 0; i < shape_.elements(); ++i) {
      outputs[0][i] = inputs[0][broadcast_index(inputs[0].shape, shape_, i)];
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    TRY(const ValueId dx, sum_to_shape(context, context.cotangent(), x));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_expand_kernel();
  }
  std::string lowering_key(std::span<const Shape>) const override { return "Expand()"; }

 private:
  const Shape shape_;
};

}  // namespace

OpPtr make_expand(const Shape& shape) { return std::make_shared<Expand>(shape); }

OpEntry expand_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_expand({2, 3, 4, 5}), {{2, 1, 1, 5}}, {0}, {}},
                {make_expand({2, 3, 4, 5}), {{4, 1}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
