// Pad: a frame around one axis.
//
//   y[…, before + j, …] = x[…, j, …]; in the frame
//     constant: a given value     edge: the nearest element of x
//     reflect: x mirrored at its first and last element, which are not repeated
//     wrap: x over and over again
//   dx: the inside of dy (Slice); where the frame is copied, also what was copied (GatherGrad)
//
// ONNX Pad, one axis at a time, without negative pads.
#include <algorithm>
#include <format>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Pad",
    .title = {"Padding", "填充"},
    .equation = "y[before + j] = x[j]",
    .intuition =
        {"A frame is put around the tensor, so that windows may reach beyond its edge: zeros, "
         "copies of the edge, a mirror image, or the other end.",
         "在张量周围加一圈，让窗口可以越过边缘：可以是零、边缘的复制、镜像，或另一端的内容。"},
    .derivative =
        {"A constant frame passes nothing on; a copied one hands its gradient to what it was "
         "copied from.",
         "常数的边框不传递梯度；复制出来的边框把梯度交还给它的来源。"},
    .reference = "ONNX Pad",
};

constexpr int64_t kMaxPad = 1 << 20;
constexpr std::array<std::string_view, 4> kModes{"constant", "reflect", "edge", "wrap"};

class Pad final : public Op {
 public:
  Pad(int axis, int64_t before, int64_t after, PadMode mode, float value)
      : axis_(axis), before_(before), after_(after), mode_(mode), value_(value) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    std::string out = std::format("axis={} before={} after={}", axis_, before_, after_);
    if (mode_ != PadMode::kConstant)
      out += std::format(" mode={}", kModes[static_cast<size_t>(mode_)]);
    return value_ == 0 ? out : out + std::format(" value={}", value_);
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
    TRY(const int axis, resolve_axis(*this, axis_, inputs));
    if (before_ < 0 || after_ < 0 || before_ > kMaxPad || after_ > kMaxPad)
      return shape_error(*this, "wants pads from 0 to 2^20", inputs);
    if (mode_ != PadMode::kConstant && inputs[0][axis] == 0)
      return shape_error(*this, "an axis without elements has nothing to copy", inputs);
    if (mode_ == PadMode::kReflect && std::max(before_, after_) >= inputs[0][axis])
      return shape_error(*this, "a reflection wants less padding than the axis is long", inputs);
    Shape out = inputs[0];
    out.set(axis, before_ + out[axis] + after_);
    return std::vector<Shape>{out};
  }
  int64_t flops(std::span<const Shape>, std::span<const Shape>) const override { return 0; }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape &x = inputs[0].shape, &y = outputs[0].shape;
    const int axis = positive_axis(x);
    const int64_t inner = inner_elements(y, axis);
    const std::vector<int64_t> from = sources(x[axis]);
    for (int64_t i = 0; i < y.elements(); ++i) {
      const int64_t source = from[static_cast<size_t>(i / inner % y[axis])];
      const int64_t outer = i / inner / y[axis];
      outputs[0][i] = source < 0 ? static_cast<double>(value_)
                                 : inputs[0][(outer * x[axis] + source) * inner + i % inner];
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    const int axis = positive_axis(x);
    const OpPtr back = mode_ == PadMode::kConstant
                           ? make_slice(axis, before_, x[axis])
                           : make_gather_grad(axis, sources(x[axis]), x[axis]);
    TRY(const ValueId dx, context.emit(back, {context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    const Shape& x = context.inputs[0];
    const int axis = positive_axis(x);
    if (mode_ == PadMode::kConstant) return make_pad_kernel(axis, before_, value_);
    return make_axis_map_kernel(axis, AxisMap::gather(sources(x[axis])));
  }
  // Copies depend on the extent; the axis may be counted from the back.
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return op_text(*this) + " of " + inputs[0].text();
  }

 private:
  int positive_axis(const Shape& shape) const { return axis_ < 0 ? axis_ + shape.rank() : axis_; }

  // Which element of x stands at each position of y; -1 for the value.
  std::vector<int64_t> sources(int64_t extent) const {
    std::vector<int64_t> out;
    for (int64_t j = -before_; j < extent + after_; ++j) {
      const int64_t nearest = std::clamp<int64_t>(j, 0, extent - 1);
      const bool inside = j == nearest;
      out.push_back(inside                        ? j
                    : mode_ == PadMode::kConstant ? -1
                    : mode_ == PadMode::kEdge     ? nearest
                    : mode_ == PadMode::kWrap     ? (j % extent + extent) % extent
                                                  : 2 * nearest - j);
    }
    return out;
  }

  const int axis_;
  const int64_t before_, after_;
  const PadMode mode_;
  const float value_;
};

}  // namespace

OpPtr make_pad(int axis, int64_t before, int64_t after, PadMode mode, float value) {
  return std::make_shared<Pad>(axis, before, after, mode, value);
}

OpEntry pad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(
            only_attributes(attributes, kDoc.kind, {"axis", "before", "after", "mode", "value"}));
        TRY(const int axis, read_axis(attributes));
        TRY(const int64_t before, attributes.integer("before", 0));
        TRY(const int64_t after, attributes.integer("after", 0));
        TRY(const float value, attributes.number("value", 0));
        const std::string mode = attributes.text("mode", kModes[0]);
        const auto found = std::ranges::find(kModes, mode);
        if (found == kModes.end() || before < 0 || after < 0) {
          return fail(
              ErrorCode::kInvalidArgument,
              "Pad wants pads that are not negative and mode constant, reflect, edge or wrap; "
              "got mode '" +
                  mode + "'");
        }
        return make_pad(axis, before, after, static_cast<PadMode>(found - kModes.begin()), value);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_pad(3, 1, 2), {{2, 3, 4, 5}}, {0}, {}},
                {make_pad(1, 0, 3), {{2, 3, 4, 5}}, {0}, {}},
                {make_pad(0, 2, 0), {{4}}, {0}, {}},
                {make_pad(1, 1, 2, PadMode::kConstant, -0.75f), {{2, 3, 4}}, {0}, {}},
                {make_pad(2, 2, 3, PadMode::kReflect), {{1, 3, 4, 2}}, {0}, {}},
                {make_pad(-1, 1, 1, PadMode::kReflect), {{3, 2}}, {0}, {}},
                // More copies than there are elements.
                {make_pad(1, 3, 2, PadMode::kEdge), {{2, 2, 3}}, {0}, {}},
                {make_pad(0, 2, 1, PadMode::kEdge), {{1}}, {0}, {}},
                {make_pad(1, 5, 3, PadMode::kWrap), {{2, 2, 3}}, {0}, {}},
                {make_pad(-1, 1, 0, PadMode::kWrap), {{2, 4}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
