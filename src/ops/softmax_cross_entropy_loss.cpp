// SoftmaxCrossEntropyLoss: how surprised a classifier is by the right answers.
//
//   L = −1/R Σ_r Σ_c t[r,c] · ln softmax(x[r])[c]     x, t: …×C, R rows   L: one number
//   dx = dL · SoftmaxCrossEntropyGrad(x, t)           that is dL/R · (softmax(x) − t) where Σ t = 1
//   dt = −dL/R · LogSoftmax(x)
//
// t are probabilities or OneHot(labels). Rows of zeros add nothing, but count in R.
// Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990; ONNX
// SoftmaxCrossEntropyLoss with reduction=mean (there the targets are labels, and the classes stand
// in axis 1).
#include <cmath>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "SoftmaxCrossEntropyLoss",
    .title = {"Cross-entropy loss", "交叉熵损失"},
    .equation = "L = −Σ[c] t[c] · ln softmax(x)[c]",
    .intuition = {"The loss is the surprise at the right answer: none where the network was "
                  "certain of it, and without bound where it had ruled it out. Training makes "
                  "this one number small.",
                  "损失就是面对正确答案时的惊讶程度：网络早已确信就毫不惊讶，若已排除了它，惊讶可以"
                  "无限大。训练就是让这个数变小。"},
    .derivative = {"Each class's score is pushed by exactly what was expected of it less what was "
                   "predicted.",
                   "每个类别的分数受到的推动，恰好是期望的概率减去预测的概率。"},
    .reference = "Bridle 1990, Neurocomputing (NATO ASI)",
};

class SoftmaxCrossEntropyLoss final : public Op {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 2 || inputs[0] != inputs[1] || inputs[0].rank() == 0 ||
        inputs[0].elements() == 0) {
      return shape_error(*this, "wants logits (…×C) and targets of the same shape, with elements",
                         inputs);
    }
    return std::vector<Shape>{Shape()};
  }
  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return 5 * inputs[0].elements();
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const int64_t channels = inputs[0].shape.channels(), rows = inputs[0].shape.rows();
    for (int64_t row = 0; row < rows; ++row) {
      const double* x = inputs[0].values.data() + row * channels;
      const double maximum = *std::max_element(x, x + channels);
      double sum = 0;
      for (int64_t c = 0; c < channels; ++c) sum += std::exp(x[c] - maximum);
      for (int64_t c = 0; c < channels; ++c) {
        const double target = inputs[1][row * channels + c];
        // A logit of minus infinity is no loss where nothing was expected of it.
        if (target != 0)
          outputs[0][0] += target * (std::log(sum) - (x[c] - maximum)) / static_cast<double>(rows);
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(2);
    const ValueId x = context.input(0), target = context.input(1);
    if (context.wanted[0]) {
      TRY(const ValueId slope, context.emit(make_softmax_cross_entropy_grad(), {x, target}));
      TRY(out[0], context.emit(make_mul(), {slope, context.cotangent()}));
    }
    if (context.wanted[1]) {
      const auto rows = static_cast<float>(context.shape(x).rows());
      TRY(const ValueId logarithms, context.emit(make_log_softmax(-1), {x}));
      TRY(const ValueId share, context.emit(make_scale(-1.0f / rows), {logarithms}));
      TRY(out[1], context.emit(make_mul(), {share, context.cotangent()}));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_softmax_cross_entropy_kernel();
  }
};

}  // namespace

OpPtr make_softmax_cross_entropy_loss() { return std::make_shared<SoftmaxCrossEntropyLoss>(); }

OpEntry softmax_cross_entropy_loss_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {}));
        return make_softmax_cross_entropy_loss();
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        const OpPtr op = make_softmax_cross_entropy_loss();
        return {{op, {{3, 7}, {3, 7}}, {0, 1}, {}},
                {op, {{2, 3, 2, 4}, {2, 3, 2, 4}}, {0, 1}, {}},
                {op, {{5}, {5}}, {0, 1}, {}}};
      },
  };
}

}  // namespace convscope
