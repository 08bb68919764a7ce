// Slice: a range of one axis, perhaps with gaps or backwards.
//
//   y[…, j, …] = x[…, begin + j·step, …]       0 ≤ j < length
//   dx: dy with zeros around it (Pad); for a step other than 1, dy put back in place (GatherGrad)
//
// ONNX Slice with one axis.
#include <algorithm>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Slice",
    .title = {"Slice", "切片"},
    .equation = "y[j] = x[begin + j·step]",
    .intuition =
        {"Part of a tensor is taken out, such as some of the channels. Nothing is computed.",
         "取出张量的一部分，例如其中几个通道。没有任何计算。"},
    .derivative = {"What was left out has no influence: its gradient is zero.",
                   "没有取出的部分毫无影响：它们的梯度为零。"},
    .reference = "ONNX Slice",
};

class Slice final : public Op {
 public:
  Slice(int axis, int64_t begin, int64_t length, int64_t step)
      : axis_(axis), begin_(begin), length_(length), step_(step) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    return "axis=" + std::to_string(axis_) + " begin=" + std::to_string(begin_) +
           " length=" + std::to_string(length_) +
           (step_ == 1 ? "" : " step=" + std::to_string(step_));
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
    TRY(const int axis, resolve_axis(*this, axis_, inputs));
    if (!inside(inputs[0][axis])) {
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
      for (int64_t position : positions()) {
        to = std::copy_n(inputs[0].values.data() + (o * shape[axis] + position) * inner, inner, to);
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    const int axis = positive_axis(x);
    const OpPtr back = step_ == 1 ? make_pad(axis, begin_, x[axis] - begin_ - length_)
                                  : make_gather_grad(axis, positions(), x[axis]);
    TRY(const ValueId dx, context.emit(back, {context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    const int axis = positive_axis(context.inputs[0]);
    if (step_ == 1) return make_slice_kernel(axis, begin_);
    return make_axis_map_kernel(axis, AxisMap::gather(positions()));
  }
  ViewKind view_kind(std::span<const Shape> inputs) const override {
    return step_ == 1 && positive_axis(inputs[0]) == inputs[0].rank() - 1 ? ViewKind::kSliceChannels
                                                                          : ViewKind::kNone;
  }
  int64_t view_begin() const override { return begin_; }

 private:
  int positive_axis(const Shape& shape) const { return axis_ < 0 ? axis_ + shape.rank() : axis_; }

  bool inside(int64_t extent) const {
    if (begin_ < 0 || begin_ >= extent || length_ < 1 || length_ > extent) return false;
    if (length_ == 1) return true;
    // Divided rather than multiplied: a step may be anything.
    const int64_t room = step_ > 0 ? extent - 1 - begin_ : begin_;
    const uint64_t stride =
        step_ > 0 ? static_cast<uint64_t>(step_) : -static_cast<uint64_t>(step_);
    return stride != 0 &&
           static_cast<uint64_t>(room) / stride >= static_cast<uint64_t>(length_ - 1);
  }
  std::vector<int64_t> positions() const {
    std::vector<int64_t> out;
    for (int64_t j = 0; j < length_; ++j) out.push_back(begin_ + j * step_);
    return out;
  }

  const int axis_;
  const int64_t begin_, length_, step_;
};

}  // namespace

OpPtr make_slice(int axis, int64_t begin, int64_t length, int64_t step) {
  return std::make_shared<Slice>(axis, begin, length, step);
}

OpEntry slice_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"axis", "begin", "length", "step"}));
        TRY(const int axis, read_axis(attributes));
        TRY(const int64_t begin, attributes.integer("begin", 0));
        TRY(const int64_t length, attributes.integer("length", 0));
        TRY(const int64_t step, attributes.integer("step", 1));
        if (begin < 0 || length < 1 || step == 0) {
          return fail(ErrorCode::kInvalidArgument,
                      "Slice wants begin >= 0, length >= 1 and a step that is not 0");
        }
        return make_slice(axis, begin, length, step);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_slice(3, 1, 3), {{2, 3, 4, 5}}, {0}, {}},
                {make_slice(-3, 2, 1), {{2, 3, 4, 5}}, {0}, {}},
                {make_slice(0, 0, 2), {{4}}, {0}, {}},
                {make_slice(1, 1, 2, 2), {{2, 4, 3, 5}}, {0}, {}},
                {make_slice(-1, 4, 3, -2), {{2, 3, 5}}, {0}, {}},
                {make_slice(0, 2, 3, -1), {{3, 2}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
