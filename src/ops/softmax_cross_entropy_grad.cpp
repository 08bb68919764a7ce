// SoftmaxCrossEntropyGrad: the derivative of SoftmaxCrossEntropyLoss to the logits.
//
//   y[r,c] = (s[r] · p[r,c] − t[r,c]) / R,  p = softmax(x[r]),  s[r] = Σ_c t[r,c]
//     x, t, y: …×C, R rows
//   dx = s · p · (dy − a) / R     dt = (a − dy) / R,  a[r] = Σ_c p[r,c] · dy[r,c]
//
// Taken as one step, so that no logarithm of a vanishing probability is ever formed.
// Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
#include <cmath>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "SoftmaxCrossEntropyGrad",
    .title = {"Cross-entropy, gradient", "交叉熵的梯度"},
    .equation = "y[c] = softmax(x)[c] − t[c]",
    .intuition = {"What was predicted less what was expected: the error that training sends back "
                  "through the whole network.",
                  "预测的减去期望的：训练时传回整个网络的误差。"},
    .derivative = {"It bends as softmax does: not at all where the network is certain.",
                   "它的弯曲与 softmax 相同：网络确信时完全不弯。"},
    .reference = "Bridle 1990, Neurocomputing (NATO ASI)",
};

class SoftmaxCrossEntropyGrad final : public Op {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 2 || inputs[0] != inputs[1] || inputs[0].rank() == 0 ||
        inputs[0].elements() == 0) {
      return shape_error(*this, "wants logits (…×C) and targets of the same shape, with elements",
                         inputs);
    }
    return std::vector<Shape>{inputs[0]};
  }
  int64_t flops(std::span<const Shape>, std::span<const Shape> outputs) const override {
    return 5 * outputs[0].elements();
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const int64_t channels = inputs[0].shape.channels(), rows = inputs[0].shape.rows();
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t first = row * channels;
      const double* x = inputs[0].values.data() + first;
      const double maximum = *std::max_element(x, x + channels);
      double sum = 0, expected = 0;
      for (int64_t c = 0; c < channels; ++c) {
        sum += std::exp(x[c] - maximum);
        expected += inputs[1][first + c];
      }
      for (int64_t c = 0; c < channels; ++c) {
        outputs[0][first + c] = (expected * std::exp(x[c] - maximum) / sum - inputs[1][first + c]) /
                                static_cast<double>(rows);
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(2);
    const ValueId x = context.input(0), target = context.input(1), dy = context.cotangent();
    const Shape shape = context.shape(x);
    Shape one = shape;
    one.set(shape.rank() - 1, 1);
    const float share = 1.0f / static_cast<float>(shape.rows());
    TRY(const ValueId p, context.emit(make_softmax(-1), {x}));
    TRY(const ValueId weighted, context.emit(make_mul(), {p, dy}));
    TRY(const ValueId mean, sum_to_shape(context, weighted, one));
    TRY(const ValueId rest, context.emit(make_sub(), {mean, dy}));
    TRY(const ValueId shared, context.emit(make_scale(share), {rest}));
    out[1] = shared;
    if (context.wanted[0]) {
      TRY(const ValueId expected, sum_to_shape(context, target, one));
      TRY(const ValueId minus, context.emit(make_scale(-1), {expected}));
      TRY(const ValueId bent, context.emit(make_mul(), {p, shared}));
      TRY(out[0], context.emit(make_mul(), {bent, minus}));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_softmax_cross_entropy_grad_kernel();
  }
};

}  // namespace

OpPtr make_softmax_cross_entropy_grad() { return std::make_shared<SoftmaxCrossEntropyGrad>(); }

OpEntry softmax_cross_entropy_grad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        const OpPtr op = make_softmax_cross_entropy_grad();
        return {{op, {{3, 7}, {3, 7}}, {0, 1}, {}},
                {op, {{2, 3, 2, 4}, {2, 3, 2, 4}}, {0, 1}, {}},
                {op, {{5}, {5}}, {0, 1}, {}}};
      },
  };
}

}  // namespace convscope
