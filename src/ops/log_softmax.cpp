// LogSoftmax: the logarithm of Softmax, without forming the quotient.
//
//   y = x − ln Σ_k exp(x_k) along one axis       x, y: any shape
//   dx = dy − exp(y) · Σ_k dy_k along that axis
//
// ONNX LogSoftmax from opset 13 on (before that, the axes behind `axis` counted as one).
#include <algorithm>
#include <cmath>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "LogSoftmax",
    .title = {"Log softmax", "对数 softmax"},
    .equation = "y[c] = x[c] − ln Σₖ exp(x[k])",
    .intuition = {"Scores become logarithms of probabilities, so that even tiny ones can be told "
                  "apart. Training reads its loss off here.",
                  "分数变成概率的对数，再小的概率也能分辨。训练时从这里读出损失。"},
    .derivative = {"A class gains by its own score and loses by every other, in proportion to "
                   "the other's probability.",
                   "一个类别因自己的分数而得，因其他类别而失，失的多少与对方的概率成正比。"},
    .reference = "ONNX LogSoftmax",
};

class LogSoftmax final : public Op {
 public:
  explicit LogSoftmax(int axis) : axis_(axis) {}
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
    const Shape& x = inputs[0].shape;
    const Shape sums_shape = one_along_axis(x);
    DoubleTensor maxima = DoubleTensor::zeros(sums_shape), sums = maxima;
    std::ranges::fill(maxima.values, -std::numeric_limits<double>::infinity());
    const auto line = [&](int64_t i) { return broadcast_index(sums_shape, x, i); };
    for (int64_t i = 0; i < x.elements(); ++i)
      maxima[line(i)] = std::max(maxima[line(i)], inputs[0][i]);
    for (int64_t i = 0; i < x.elements(); ++i)
      sums[line(i)] += std::exp(inputs[0][i] - maxima[line(i)]);
    for (int64_t i = 0; i < x.elements(); ++i)
      outputs[0][i] = inputs[0][i] - maxima[line(i)] - std::log(sums[line(i)]);
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const ValueId dy = context.cotangent();
    const Shape one = one_along_axis(context.shape(dy));
    TRY(const ValueId total, sum_to_shape(context, dy, one));
    TRY(const ValueId probabilities, context.emit(make_exp(), {context.output()}));
    TRY(const ValueId share, context.emit(make_mul(), {probabilities, total}));
    TRY(const ValueId dx, context.emit(make_sub(), {dy, share}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_log_softmax_kernel(axis_);
  }

 private:
  Shape one_along_axis(const Shape& shape) const {
    Shape out = shape;
    out.set(axis_ < 0 ? axis_ + shape.rank() : axis_, 1);
    return out;
  }

  const int axis_;
};

}  // namespace

OpPtr make_log_softmax(int axis) { return std::make_shared<LogSoftmax>(axis); }

OpEntry log_softmax_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"axis"}));
        TRY(const int axis, read_axis(attributes));
        return make_log_softmax(axis);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_log_softmax(-1), {{3, 7}}, {0}, {}},
                {make_log_softmax(1), {{2, 3, 2, 4}}, {0}, {}},
                {make_log_softmax(0), {{1, 4}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
