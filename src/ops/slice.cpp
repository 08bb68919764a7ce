// Slice: a range of one axis.
//
//   y[…, j, …] = x[…, begin + j, …]       0 ≤ j < length
//   dx: dy with zeros around it (Pad)
//
// ONNX Slice with one axis and step 1.
#include <algorithm>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Slice",
    .title = {"Slice", "切片"},
    .equation = "y[j] = x[begin + j]",
    .intuition =
        {"Part of a tensor is taken out, such as some of the channels. Nothing is computed.",
         "取出张量的一部分，例如其中几个通道。没有任何计算。"},
    .derivative = {"What was left out has no influence: its gradient is zero.",
                   "没有取出的部分毫无影响：它们的梯度为零。"},
    .reference = "ONNX Slice",
};

class Slice final : public Op {
 public:
  Slice(int axis, int64_t begin, int64_t length) : axis_(axis), begin_(begin), length_(length) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    return "axis=" + std::to_string(axis_) + " begin=" + std::to_string(begin_) +
           " length=" + std::to_string(length_);
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
    TRY(const int axis, resolve_axis(*this, axis_, inputs));
    if (begin_ < 0 || length_ < 1 || begin_ > inputs[0][axis] - length_) {
      return shape_error(*this, "the range lies outside the axis", inputs);
    }
    Shape out = inputs[0];
    out.set(axis, length_);
    return std::vector<Shape>{out};
  }
  int64_t flops(std::span<const Shape>, std::span<const Shape>) const override { return 0; }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape& shape = inputs[0].shape;
    const int axis = positive_axis(shape);
    const int64_t inner = inner_elements(shape, axis);
    double* to = outputs[0].values.data();
    for (int64_t o = 0; o < outer_elements(shape, axis); ++o) {
      to = std::copy_n(inputs[0].values.data() + (o * shape[axis] + begin_) * inner,
                       length_ * inner, to);
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    const int axis = positive_axis(x);
    TRY(const ValueId dx,
        context.emit(make_pad(axis, begin_, x[axis] - begin_ - length_), {context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    return make_slice_kernel(positive_axis(context.inputs[0]), begin_);
  }
  ViewKind view_kind(std::span<const Shape> inputs) const override {
    return positive_axis(inputs[0]) == inputs[0].rank() - 1 ? ViewKind::kSliceChannels
                                                            : ViewKind::kNone;
  }
  int64_t view_begin() const override { return begin_; }

 private:
  int positive_axis(const Shape& shape) const { return axis_ < 0 ? axis_ + shape.rank() : axis_; }

  const int axis_;
  const int64_t begin_, length_;
};

}  // namespace

OpPtr make_slice(int axis, int64_t begin, int64_t length) {
  return std::make_shared<Slice>(axis, begin, length);
}

OpEntry slice_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"axis", "begin", "length"}));
        TRY(const int64_t axis, attributes.integer("axis", -1));
        TRY(const int64_t begin, attributes.integer("begin", 0));
        TRY(const int64_t length, attributes.integer("length", 0));
        if (axis < -kMaxRank || axis >= kMaxRank || begin < 0 || length < 1) {
          return fail(ErrorCode::kInvalidArgument,
                      "Slice wants an axis from -6 to 5, begin >= 0 and length >= 1");
        }
        return make_slice(static_cast<int>(axis), begin, length);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_slice(3, 1, 3), {{2, 3, 4, 5}}, {0}, {}},
                {make_slice(-3, 2, 1), {{2, 3, 4, 5}}, {0}, {}},
                {make_slice(0, 0, 2), {{4}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
