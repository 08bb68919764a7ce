// SumTo: sums a tensor to a smaller shape, over exactly those axes that Expand would repeat.
//
//   y[j…] = Σ over repeated axes of x[i…]         y: a shape that broadcasts to x's
//   dx = Expand(dy)
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "SumTo",
    .title = {"Sum over axes", "按轴求和"},
    .equation = "y[c] = Σₕᵥ x[h,v,c]",
    .intuition = {"Many numbers become one total, for example all pixels of a channel. It undoes a "
                  "repetition when "
                  "gradients flow backwards.",
                  "许多数合成一个总和，例如一个通道的所有像素。梯度反向流动时，它抵消重复扩展。"},
    .derivative = {"Each summand moves the total one to one, so all receive the same gradient.",
                   "每个加数都一比一地影响总和，所以它们得到相同的梯度。"},
    .reference = "ONNX ReduceSum",
};

class SumTo final : public Op {
 public:
  explicit SumTo(const Shape& shape) : shape_(shape) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return "shape=" + shape_.text(); }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    Shape out;
    if (inputs.size() != 1 || !broadcast_shapes(inputs[0], shape_, &out) || out != inputs[0]) {
      return shape_error(*this, "wants one input to which the shape broadcasts", inputs);
    }
    return std::vector<Shape>{shape_};
  }
  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return inputs[0].elements();
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    for (int64_t i = 0; i < inputs[0].shape.elements(); ++i) {
      outputs[0][broadcast_index(shape_, inputs[0].shape, i)] += inputs[0][i];
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    TRY(const ValueId dx, context.emit(make_expand(x), {context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_sum_to_kernel();
  }
  // The kernel plans its order of summation, so that each pair of shapes has one of its own.
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return op_text(*this) + " of " + inputs[0].text();
  }

 private:
  const Shape shape_;
};

}  // namespace

OpPtr make_sum_to(const Shape& shape) { return std::make_shared<SumTo>(shape); }

OpEntry sum_to_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_sum_to({2, 1, 1, 5}), {{2, 3, 4, 5}}, {0}, {}},
                {make_sum_to({4, 1}), {{2, 3, 4, 5}}, {0}, {}},
                {make_sum_to(Shape()), {{3, 5}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
