// Reshape: the same elements, in the same order, under another shape.
//
//   y = x                     x, y: as many elements; in the target, 0 keeps the input's extent and
//   -1 is inferred dx = Reshape(dy) to x's shape
//
// ONNX Reshape with allowzero = 0. The order of elements is that of the layout, NHWC.
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Reshape",
    .title = {"Reshape", "变形"},
    .equation = "y = x",
    .intuition = {"The numbers stay where they are, only the way of counting them changes. Nothing "
                  "is computed.",
                  "数字留在原处，只是计数的方式变了。没有任何计算。"},
    .derivative = {"The gradient is counted back in the old way.", "梯度再按原来的方式计数。"},
    .reference = "ONNX Reshape",
};

class Reshape final : public Op {
 public:
  explicit Reshape(const Shape& target) : target_(target) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    std::string out = "shape=";
    for (int i = 0; i < target_.rank(); ++i) out += (i > 0 ? "," : "") + std::to_string(target_[i]);
    return out;
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
    Shape out = target_;
    int inferred = -1;
    int64_t known = 1;
    for (int i = 0; i < out.rank(); ++i) {
      if (out[i] == 0) {
        if (i >= inputs[0].rank())
          return shape_error(*this, "an extent 0 has no axis of the input to copy", inputs);
        out.set(i, inputs[0][i]);
      }
      if (out[i] == -1) {
        if (inferred >= 0) return shape_error(*this, "wants at most one extent of -1", inputs);
        inferred = i;
      } else {
        known *= out[i];
      }
    }
    const int64_t elements = inputs[0].elements();
    if (inferred >= 0) {
      if (known <= 0 || elements % known != 0)
        return shape_error(*this, "the elements do not fit the shape", inputs);
      out.set(inferred, elements / known);
    }
    if (out.elements() != elements)
      return shape_error(*this, "the elements do not fit the shape", inputs);
    return std::vector<Shape>{out};
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
  const Shape target_;
};

}  // namespace

OpPtr make_reshape(const Shape& shape) { return std::make_shared<Reshape>(shape); }

OpEntry reshape_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"shape"}));
        TRY(const std::vector<int64_t> shape, attributes.integers("shape", {}));
        if (shape.size() > kMaxRank)
          return fail(ErrorCode::kUnsupported, "ConvScope's tensors have at most 6 axes; got " +
                                                   attributes.text("shape", ""));
        for (int64_t extent : shape) {
          if (extent < -1 || extent > kMaxBufferBytes) {
            return fail(ErrorCode::kInvalidArgument,
                        "shape wants extents from -1 on; got " + attributes.text("shape", ""));
          }
        }
        return make_reshape(Shape(shape));
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_reshape({0, -1}), {{2, 3, 4, 5}}, {0}, {}},
                {make_reshape({4, 3, 10}), {{2, 3, 4, 5}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
