// Concat: tensors side by side along one axis.
//
//   y = [a | b | …]             equal shapes but for the axis, along which y's extent is the sum
//   da, db, …: the matching slices of dy
//
// Szegedy et al., "Going deeper with convolutions", arXiv:1409.4842; ONNX Concat.
#include <algorithm>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Concat",
    .title = {"Concatenation", "拼接"},
    .equation = "y = [a | b | …]",
    .intuition = {"Maps made by different filters are put side by side, and the next layer may use "
                  "them all. In a "
                  "fire module these are the 1×1 and the 3×3 filters' maps.",
                  "把不同卷积核得到的特征图并排放在一起，下一层可以全部使用。在 fire "
                  "模块中，它们来自 1×1 和 3×3 卷积核。"},
    .derivative = {"The gradient is cut apart again, and each input receives its own piece.",
                   "梯度再被切开，每个输入收到属于自己的那一段。"},
    .reference = "Szegedy et al. 2014, arXiv:1409.4842",
};

class Concat final : public Op {
 public:
  explicit Concat(int axis) : axis_(axis) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return "axis=" + std::to_string(axis_); }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.empty()) return shape_error(*this, "wants at least one input", inputs);
    TRY(const int axis, resolve_axis(*this, axis_, inputs));
    Shape out = inputs[0];
    for (const Shape& part : inputs.subspan(1)) {
      if (part.rank() != out.rank()) return shape_error(*this, "wants inputs of one rank", inputs);
      for (int i = 0; i < out.rank(); ++i) {
        if (i != axis && part[i] != out[i])
          return shape_error(*this, "wants inputs that differ along the axis only", inputs);
      }
      out.set(axis, out[axis] + part[axis]);
    }
    return std::vector<Shape>{out};
  }
  int64_t flops(std::span<const Shape>, std::span<const Shape>) const override { return 0; }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape& shape = outputs[0].shape;
    const int axis = axis_ < 0 ? axis_ + shape.rank() : axis_;
    const int64_t outer = outer_elements(shape, axis);
    double* to = outputs[0].values.data();
    for (int64_t o = 0; o < outer; ++o) {
      for (const DoubleTensor& part : inputs) {
        const int64_t run = part.shape.elements() / outer;
        to = std::copy_n(part.values.data() + o * run, run, to);
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(context.node.inputs.size());
    int64_t begin = 0;
    for (size_t i = 0; i < out.size(); ++i) {
      const Shape part = context.shape(context.input(i));
      const int axis = axis_ < 0 ? axis_ + part.rank() : axis_;
      if (context.wanted[i]) {
        TRY(out[i], context.emit(make_slice(axis, begin, part[axis]), {context.cotangent()}));
      }
      begin += part[axis];
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    const int rank = context.outputs[0].rank();
    return make_concat_kernel(axis_ < 0 ? axis_ + rank : axis_);
  }
  ViewKind view_kind(std::span<const Shape> inputs) const override {
    const bool last = axis_ == -1 || axis_ == inputs[0].rank() - 1;
    return last ? ViewKind::kConcatChannels : ViewKind::kNone;
  }

 private:
  const int axis_;
};

}  // namespace

OpPtr make_concat(int axis) { return std::make_shared<Concat>(axis); }

OpEntry concat_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"axis"}));
        TRY(const int64_t axis, attributes.integer("axis", -1));
        if (axis < -kMaxRank || axis >= kMaxRank) {
          return fail(ErrorCode::kInvalidArgument,
                      "axis wants a number from -6 to 5; got " + std::to_string(axis));
        }
        return make_concat(static_cast<int>(axis));
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_concat(3), {{2, 3, 4, 5}, {2, 3, 4, 1}, {2, 3, 4, 2}}, {0, 1, 2}, {}},
                {make_concat(-3), {{2, 3, 4, 5}, {2, 1, 4, 5}}, {0, 1}, {}},
                {make_concat(0), {{2}, {3}}, {0, 1}, {}}};
      },
  };
}

}  // namespace convscope
