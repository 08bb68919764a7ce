// ReduceMaxGrad: hands each cotangent of ReduceMax back to the element that won.
//
//   dx = dy at the first maximum of its group, in row-major order, else 0
//     x: any shape   dy: a shape that broadcasts to x's   dx: x's shape
//   No derivative: where the maximum lies does not change smoothly.
//
// ONNX ReduceMax.
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ReduceMaxGrad",
    .title = {"Maximum, backwards", "最大值的反向"},
    .equation = "∂x[h,v,c] = ∂y[c] where x[h,v,c] = y[c]",
    .intuition = {"The gradient goes to the one place that had the largest value. All others had "
                  "no say.",
                  "梯度只交给数值最大的那个位置。其他位置没有发言权。"},
    .derivative = {"The winner is decided by the forward pass; ConvScope does not differentiate "
                   "the choice.",
                   "胜出者由前向计算决定；ConvScope 不对这个选择求导。"},
    .reference = "ONNX ReduceMax",
};

class ReduceMaxGrad final : public Op {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    Shape out;
    if (inputs.size() != 2 || inputs[0].elements() == 0 ||
        !broadcast_shapes(inputs[0], inputs[1], &out) || out != inputs[0]) {
      return shape_error(*this, "wants x and a cotangent whose shape broadcasts to x's", inputs);
    }
    return std::vector<Shape>{out};
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape &x = inputs[0].shape, &dy = inputs[1].shape;
    std::vector<int64_t> best(static_cast<size_t>(dy.elements()), -1);
    for (int64_t i = 0; i < x.elements(); ++i) {
      int64_t& first = best[static_cast<size_t>(broadcast_index(dy, x, i))];
      if (first < 0 || inputs[0][i] > inputs[0][first]) first = i;
    }
    for (int64_t i = 0; i < dy.elements(); ++i)
      outputs[0][best[static_cast<size_t>(i)]] = inputs[1][i];
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_reduce_max_grad_kernel();
  }
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return "ReduceMaxGrad of " + inputs[0].text() + " to " + inputs[1].text();
  }
};

}  // namespace

OpPtr make_reduce_max_grad() { return std::make_shared<ReduceMaxGrad>(); }

OpEntry reduce_max_grad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_reduce_max_grad(), {{2, 3, 4, 5}, {2, 1, 1, 5}}, {}, {}},
                {make_reduce_max_grad(), {{2, 3, 4, 5}, {3, 1, 1}}, {}, {}},
                {make_reduce_max_grad(), {{2, 5}, Shape()}, {}, {}}};
      },
  };
}

}  // namespace convscope
