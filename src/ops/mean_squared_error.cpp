// MeanSquaredError: the mean of squared differences.
//
//   L = 1/n Σ (x − t)²                    x, t: one shape of n elements   L: one number
//   dx = dL · 2/n · (x − t)     dt = −dx
//
// Gauss, "Theoria combinationis observationum", 1823. An operator although it is a composition:
// a loss is the one node where training looks, and sums here run in double.
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "MeanSquaredError",
    .title = {"Mean squared error", "均方误差"},
    .equation = "L = 1/n Σ (x − t)²",
    .intuition = {"How far the numbers are from what they should be, on average. Squaring makes "
                  "one large miss worse than many small ones.",
                  "这些数平均离目标有多远。平方使一次大的偏差比许多小偏差更糟。"},
    .derivative = {"Each number is pulled towards its target, in proportion to the distance.",
                   "每个数被拉向自己的目标，拉力与距离成正比。"},
    .reference = "Gauss 1823, Theoria combinationis observationum",
};

class MeanSquaredError final : public Op {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 2 || inputs[0] != inputs[1] || inputs[0].elements() == 0) {
      return shape_error(*this, "wants values and targets of one shape, with elements", inputs);
    }
    return std::vector<Shape>{Shape()};
  }
  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return 3 * inputs[0].elements();
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const int64_t count = inputs[0].shape.elements();
    for (int64_t i = 0; i < count; ++i) {
      const double difference = inputs[0][i] - inputs[1][i];
      outputs[0][0] += difference * difference / static_cast<double>(count);
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const auto count = static_cast<float>(context.shape(context.input(0)).elements());
    Cotangents out(2);
    for (size_t i = 0; i < 2; ++i) {
      if (!context.wanted[i]) continue;
      TRY(const ValueId difference,
          context.emit(make_sub(), {context.input(i), context.input(1 - i)}));
      TRY(const ValueId slope, context.emit(make_scale(2.0f / count), {difference}));
      TRY(out[i], context.emit(make_mul(), {slope, context.cotangent()}));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_mean_squared_error_kernel();
  }
};

}  // namespace

OpPtr make_mean_squared_error() { return std::make_shared<MeanSquaredError>(); }

OpEntry mean_squared_error_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {}));
        return make_mean_squared_error();
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        const OpPtr op = make_mean_squared_error();
        return {{op, {{3, 7}, {3, 7}}, {0, 1}, {}},
                {op, {{2, 3, 2, 4}, {2, 3, 2, 4}}, {0, 1}, {}},
                {op, {Shape(), Shape()}, {0, 1}, {}}};
      },
  };
}

}  // namespace convscope
