// ConvTranspose: a convolution run backwards, from a small picture to a large one.
//
//   y[n, s·p + d·k − t, s·q + d·l − t, o] += Σ_i x[n,p,q,i] · w[i,k,l,o],  then + b[o]
//     x: N×H×W×I   w: I×KH×KW×(O/g)   b: O (may be left out)
//     y: N×H'×W'×O with H' = s·(H − 1) + d·(KH − 1) + 1 − pads + output_padding
//   dx = Conv(dy, w)     dw = ConvWeightGrad(dy, x)     db[o] = Σ dy[n,p,q,o]
//
// Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285; ONNX
// ConvTranspose.
#include "ops/support.h"

namespace convscope {
namespace {

// No real network goes beyond; sums stay far from overflow.
constexpr int64_t kMaxOutputExtent = 1 << 20;

constexpr OpDoc kDoc = {
    .kind = "ConvTranspose",
    .title = {"Transposed convolution", "转置卷积"},
    .equation = "y[s·p+k, s·q+l, o] += Σᵢ x[p,q,i] · w[i,k,l,o]",
    .intuition =
        {"Every pixel of a small picture paints its pattern into a larger one; where "
         "patterns overlap, the paint adds up. Networks that draw or segment enlarge in "
         "this way.",
         "小图的每个像素把自己的图案画进大图里；图案重叠处，颜料相加。生成或分割图像的网络就"
         "是这样放大的。"},
    .derivative = {"Backwards it is an ordinary convolution: each small pixel collects from "
                   "where it painted.",
                   "反过来就是普通的卷积：每个小图像素从它画过的地方收集梯度。"},
    .reference = "Dumoulin & Visin 2016, arXiv:1603.07285",
};

class ConvTranspose final : public Op {
 public:
  ConvTranspose(const Window& window, int64_t group, std::array<int64_t, 2> output_padding)
      : window_(window), group_(group), output_padding_(output_padding) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    std::string out = window_.text() + (group_ == 1 ? "" : " group=" + std::to_string(group_));
    if (output_padding_ != std::array<int64_t, 2>{0, 0}) {
      out += " output_padding=" + std::to_string(output_padding_[0]) + "," +
             std::to_string(output_padding_[1]);
    }
    return out;
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() < 2 || inputs.size() > 3 || inputs[0].rank() != 4 || inputs[1].rank() != 4) {
      return shape_error(*this, "wants x (N×H×W×I), weight (I×KH×KW×O/group) and maybe bias (O)",
                         inputs);
    }
    for (size_t axis = 0; axis < 2; ++axis) {
      if (output_padding_[axis] < 0 || output_padding_[axis] >= window_.strides[axis])
        return shape_error(*this, "output_padding wants less than the stride", inputs);
    }
    const Shape &x = inputs[0], &w = inputs[1];
    if (x[3] % group_ != 0 || (inputs.size() == 3 && inputs[2] != Shape{w[3] * group_})) {
      return shape_error(*this, "the channels do not fit the groups or the bias", inputs);
    }
    const auto [height, width] = output_size(x);
    if (height <= 0 || width <= 0 || height > kMaxOutputExtent || width > kMaxOutputExtent)
      return shape_error(*this, "the output would be empty or larger than 2^20 pixels", inputs);
    return input_grad(height, width)->infer(inputs.first(2));
  }

  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return 2 * inputs[0].elements() * inputs[1].elements() / inputs[1][0];
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape& y = outputs[0].shape;
    input_grad(y[1], y[2])->evaluate(inputs.first(2), outputs);
    if (inputs.size() < 3) return;
    for (int64_t i = 0; i < y.elements(); ++i) outputs[0][i] += inputs[2][i % y[3]];
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(context.node.inputs.size());
    if (context.wanted[0]) {
      TRY(out[0],
          context.emit(make_conv(window_, group_), {context.cotangent(), context.input(1)}));
    }
    if (context.wanted[1]) {
      TRY(out[1], context.emit(make_conv_weight_grad(window_, group_),
                               {context.cotangent(), context.input(0)}));
    }
    if (out.size() == 3 && context.wanted[2]) {
      TRY(out[2],
          context.emit(make_sum_to(context.shape(context.input(2))), {context.cotangent()}));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    TRY(Tensor weight, constant_input(context, 1, "weight of a transposed convolution"));
    TRY(Tensor bias, optional_constant_input(context, 2, "bias of a transposed convolution"));
    const Shape& y = context.outputs[0];
    return make_convolution_input_grad_kernel(window_.geometry(y[1], y[2]), group_,
                                              std::move(weight), std::move(bias));
  }

 private:
  std::array<int64_t, 2> output_size(const Shape& x) const {
    const WindowGeometry g = window_.geometry(0, 0);
    return {
        (x[1] - 1) * g.strides[0] + g.extent(0) - g.pads.top - g.pads.bottom + output_padding_[0],
        (x[2] - 1) * g.strides[1] + g.extent(1) - g.pads.left - g.pads.right + output_padding_[1]};
  }
  OpPtr input_grad(int64_t height, int64_t width) const {
    return make_conv_input_grad(window_, group_, height, width);
  }

  const Window window_;
  const int64_t group_;
  const std::array<int64_t, 2> output_padding_;
};

}  // namespace

OpPtr make_conv_transpose(const Window& window, int64_t group,
                          std::array<int64_t, 2> output_padding) {
  return std::make_shared<ConvTranspose>(window, group, output_padding);
}

OpEntry conv_transpose_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(
            only_attributes(attributes, kDoc.kind,
                            {"kernel", "strides", "dilations", "pads", "group", "output_padding"}));
        TRY(const Window window, Window::from_attributes(attributes));
        TRY(const int64_t group, attributes.integer("group", 1));
        TRY(const std::vector<int64_t> padding, attributes.integers("output_padding", {0, 0}));
        if (group < 1 || padding.size() != 2) {
          return fail(ErrorCode::kInvalidArgument,
                      "ConvTranspose wants a positive group and two numbers of output_padding");
        }
        return make_conv_transpose(window, group, {padding[0], padding[1]});
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        const Window twice{.kernel = {2, 2}, .strides = {2, 2}};
        const Window overlapping{.kernel = {3, 4}, .strides = {2, 2}, .pads = {1, 1, 1, 1}};
        const Window dilated{.kernel = {3, 2}, .strides = {1, 3}, .dilations = {2, 1}};
        const Window same{.kernel = {3, 3}, .pads = {1, 1, 1, 1}};
        return {
            {make_conv_transpose(twice, 1, {0, 0}),
             {{2, 3, 4, 3}, {3, 2, 2, 5}, {5}},
             {0, 1, 2},
             {1, 2}},
            // The output padding says which of two sizes it was.
            {make_conv_transpose(overlapping, 1, {1, 0}),
             {{1, 3, 2, 4}, {4, 3, 4, 3}, {3}},
             {0, 1, 2},
             {1, 2}},
            {make_conv_transpose(dilated, 2, {0, 2}), {{2, 2, 3, 4}, {4, 3, 2, 3}}, {0, 1}, {1}},
            // Depthwise, at both kinds of stride.
            {make_conv_transpose(overlapping, 5, {1, 1}),
             {{1, 3, 2, 5}, {5, 3, 4, 1}, {5}},
             {0, 1, 2},
             {1, 2}},
            {make_conv_transpose(same, 5, {0, 0}),
             {{1, 3, 2, 5}, {5, 3, 3, 1}, {5}},
             {0, 1, 2},
             {1, 2}},
            {make_conv_transpose({}, 1, {0, 0}),
             {{2, 3, 2, 4}, {4, 1, 1, 3}, {3}},
             {0, 1, 2},
             {1, 2}},
            // An output smaller than the stride.
            {make_conv_transpose({.kernel = {1, 3}, .strides = {3, 4}}, 1, {0, 0}),
             {{2, 1, 1, 4}, {4, 1, 3, 3}, {3}},
             {0, 1, 2},
             {1, 2}},
        };
      },
  };
}

}  // namespace convscope
