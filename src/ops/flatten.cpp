// Flatten: all axes before `axis` become one, and so do all from it on.
//
//   y = x                     x: d0×…×dn   y: (d0·…·d(axis−1)) × (d(axis)·…·dn)
//   dx = Reshape(dy) to x's shape
//
// ONNX Flatten. The order of elements is that of the layout, NHWC.
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Flatten",
    .title = {"Flatten", "展平"},
    .equation = "y[n, (h,v,c)] = x[n,h,v,c]",
    .intuition = {"A stack of maps becomes one long row of numbers, so that a fully connected "
                  "layer can weigh them "
                  "all. Nothing is computed.",
                  "一叠特征图变成一长行数字，让全连接层可以给它们全部加权。没有任何计算。"},
    .derivative = {"The gradient is folded back into maps.", "梯度再折回成特征图。"},
    .reference = "ONNX Flatten",
};

class Flatten final : public Op {
 public:
  explicit Flatten(int axis) : axis_(axis) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return "axis=" + std::to_string(axis_); }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
    const int rank = inputs[0].rank();
    const int axis = axis_ < 0 ? axis_ + rank : axis_;
    if (axis < 0 || axis > rank) return shape_error(*this, "the axis does not exist", inputs);
    int64_t rows = 1;
    for (int i = 0; i < axis; ++i) rows *= inputs[0][i];
    const int64_t elements = inputs[0].elements();
    return std::vector<Shape>{Shape{rows, rows == 0 ? 0 : elements / rows}};
  }
  int64_t flops(std::span<const Shape>, std::span<const Shape>) const override { return 0; }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    outputs[0].values = inputs[0].values;
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    TRY(const ValueId dx, context.emit(make_reshape(x), {context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_reshape_kernel();
  }
  ViewKind view_kind(std::span<const Shape>) const override { return ViewKind::kReshape; }
  std::string lowering_key(std::span<const Shape>) const override { return "Reshape()"; }

 private:
  const int axis_;
};

}  // namespace

OpPtr make_flatten(int axis) { return std::make_shared<Flatten>(axis); }

OpEntry flatten_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"axis"}));
        TRY(const int64_t axis, attributes.integer("axis", 1));
        if (axis < -kMaxRank || axis > kMaxRank) {
          return fail(ErrorCode::kInvalidArgument,
                      "axis wants a number from -6 to 6; got " + std::to_string(axis));
        }
        return make_flatten(static_cast<int>(axis));
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_flatten(1), {{2, 3, 4, 5}}, {0}, {}}, {make_flatten(0), {{3, 5}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
