// Pad: zeros before and after a tensor along one axis.
//
//   y[…, before + j, …] = x[…, j, …], zero elsewhere
//   dx: the slice of dy where x stands
//
// ONNX Pad with mode constant, value 0 and one axis.
#include <algorithm>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Pad",
    .title = {"Zero padding", "补零"},
    .equation = "y[before + j] = x[j]",
    .intuition = {"A frame of zeros is put around the tensor, so that windows may reach beyond its "
                  "edge. Backwards "
                  "it undoes a slice.",
                  "在张量周围加一圈零，让窗口可以越过边缘。反向时，它抵消切片。"},
    .derivative = {"The frame is constant, so only the inside passes a gradient on.",
                   "这圈零是常数，只有内部传递梯度。"},
    .reference = "ONNX Pad",
};

class Pad final : public Op {
 public:
  Pad(int axis, int64_t before, int64_t after) : axis_(axis), before_(before), after_(after) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    return "axis=" + std::to_string(axis_) + " before=" + std::to_string(before_) +
           " after=" + std::to_string(after_);
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
    TRY(const int axis, resolve_axis(*this, axis_, inputs));
    if (before_ < 0 || after_ < 0)
      return shape_error(*this, "wants pads that are not negative", inputs);
    Shape out = inputs[0];
    out.set(axis, before_ + out[axis] + after_);
    return std::vector<Shape>{out};
  }
  int64_t flops(std::span<const Shape>, std::span<const Shape>) const override { return 0; }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape &x = inputs[0].shape, &y = outputs[0].shape;
    const int axis = positive_axis(x);
    const int64_t inner = inner_elements(x, axis);
    for (int64_t o = 0; o < outer_elements(x, axis); ++o) {
      std::copy_n(inputs[0].values.data() + o * x[axis] * inner, x[axis] * inner,
                  outputs[0].values.data() + (o * y[axis] + before_) * inner);
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    const int axis = positive_axis(x);
    TRY(const ValueId dx, context.emit(make_slice(axis, before_, x[axis]), {context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    return make_pad_kernel(positive_axis(context.inputs[0]), before_);
  }

 private:
  int positive_axis(const Shape& shape) const { return axis_ < 0 ? axis_ + shape.rank() : axis_; }

  const int axis_;
  const int64_t before_, after_;
};

}  // namespace

OpPtr make_pad(int axis, int64_t before, int64_t after) {
  return std::make_shared<Pad>(axis, before, after);
}

OpEntry pad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"axis", "before", "after"}));
        TRY(const int64_t axis, attributes.integer("axis", -1));
        TRY(const int64_t before, attributes.integer("before", 0));
        TRY(const int64_t after, attributes.integer("after", 0));
        if (axis < -kMaxRank || axis >= kMaxRank || before < 0 || after < 0) {
          return fail(ErrorCode::kInvalidArgument,
                      "Pad wants an axis from -6 to 5 and pads that are not negative");
        }
        return make_pad(static_cast<int>(axis), before, after);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_pad(3, 1, 2), {{2, 3, 4, 5}}, {0}, {}},
                {make_pad(1, 0, 3), {{2, 3, 4, 5}}, {0}, {}},
                {make_pad(0, 2, 0), {{4}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
