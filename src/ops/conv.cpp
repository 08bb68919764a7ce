// Conv: the same small pattern detector at every place of the picture.
//
//   y[n,p,q,o] = b[o] + Σ_{k,l,i} x[n, s·p + d·k − t, s·q + d·l − t, i] · w[o,k,l,i]
//     x: N×H×W×I   w: O×KH×KW×(I/g)   b: O (may be left out)   y: N×P×Q×O
//     outside the picture x counts as 0; group g of outputs sees group g of inputs alone
//   dx = ConvInputGrad(dy, w)     dw = ConvWeightGrad(x, dy)     db[o] = Σ_{n,p,q} dy[n,p,q,o]
//
// LeCun et al., "Gradient-based learning applied to document recognition", 1998; ONNX Conv.
#include <limits>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Conv",
    .title = {"Convolution", "卷积"},
    .equation = "y[p,q,o] = b[o] + Σₖₗᵢ x[s·p+k, s·q+l, i] · w[o,k,l,i]",
    .intuition = {"A small window slides over the picture and asks the same question everywhere: "
                  "how much does this "
                  "place look like my pattern? Each output channel has a pattern of its own.",
                  "一个小窗口在图像上滑动，在每个位置问同一个问题：这里有多像我的图案？每个输出通道"
                  "都有自己的图案。"},
    .derivative =
        {"A change of one input pixel moves every output whose window covers it, each by the "
         "weight that "
         "looks at it there.",
         "改变一个输入像素，会影响所有窗口覆盖它的输出，影响的大小就是窗口中正对着它的那个权重。"},
    .reference = "LeCun et al. 1998, Proceedings of the IEEE",
};

class Conv final : public Op {
 public:
  Conv(const Window& window, int64_t group) : window_(window), group_(group) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return text(window_); }
  const Window& window() const { return window_; }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() < 2 || inputs.size() > 3 || inputs[0].rank() != 4 || inputs[1].rank() != 4) {
      return shape_error(*this, "wants x (N×H×W×I), weight (O×KH×KW×I/group) and maybe bias (O)",
                         inputs);
    }
    const Shape &x = inputs[0], &w = inputs[1];
    if (w[1] != window_.kernel[0] || w[2] != window_.kernel[1]) {
      return shape_error(*this, "the weight's height and width are not the kernel's", inputs);
    }
    if (w[0] % group_ != 0 || w[3] * group_ != x[3]) {
      return shape_error(*this, "input and output channels do not fit the weight and its groups",
                         inputs);
    }
    if (inputs.size() == 3 && inputs[2] != Shape{w[0]}) {
      return shape_error(*this, "the bias wants one value for each output channel", inputs);
    }
    const auto [height, width] = window_.output_size(x[1], x[2]);
    if (height <= 0 || width <= 0)
      return shape_error(*this, "the window is larger than the padded input", inputs);
    return std::vector<Shape>{Shape{x[0], height, width, w[0]}};
  }

  int64_t flops(std::span<const Shape> inputs, std::span<const Shape> outputs) const override {
    return 2 * outputs[0].elements() * inputs[1].elements() / inputs[1][0];
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const DoubleTensor &x = inputs[0], &w = inputs[1];
    DoubleTensor& y = outputs[0];
    const WindowGeometry g = window_.geometry(x.shape[1], x.shape[2]);
    const int64_t group_outputs = w.shape[0] / group_, group_inputs = w.shape[3];
    for (int64_t n = 0; n < y.shape[0]; ++n) {
      for (int64_t p = 0; p < y.shape[1]; ++p) {
        for (int64_t q = 0; q < y.shape[2]; ++q) {
          for (int64_t o = 0; o < y.shape[3]; ++o) {
            double sum = inputs.size() > 2 ? inputs[2][o] : 0.0;
            const int64_t first = o / group_outputs * group_inputs;
            for_each_tap(g, x.shape[1], x.shape[2], p, q,
                         [&](int64_t iy, int64_t ix, int64_t k, int64_t l) {
                           for (int64_t i = 0; i < group_inputs; ++i)
                             sum += x.at(n, iy, ix, first + i) * w.at(o, k, l, i);
                         });
            y.at(n, p, q, o) = sum;
          }
        }
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(context.node.inputs.size());
    const Shape x = context.shape(context.input(0));
    if (context.wanted[0]) {
      TRY(out[0], context.emit(make_conv_input_grad(window_, group_, x[1], x[2]),
                               {context.cotangent(), context.input(1)}));
    }
    if (context.wanted[1]) {
      TRY(out[1], context.emit(make_conv_weight_grad(window_, group_),
                               {context.input(0), context.cotangent()}));
    }
    if (out.size() == 3 && context.wanted[2]) {
      TRY(out[2],
          context.emit(make_sum_to(context.shape(context.input(2))), {context.cotangent()}));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    TRY(Tensor weight, constant_input(context, 1, "weight of a convolution"));
    TRY(Tensor bias, optional_constant_input(context, 2, "bias of a convolution"));
    const Shape& x = context.inputs[0];
    if (product(context.inputs)) {
      const int64_t outputs = weight.shape()[0];
      return make_stored_fully_connected_kernel(
          true, weight.reshaped({outputs, weight.shape().elements() / outputs}), std::move(bias),
          output_clamp(context));
    }
    if (winograd(context.inputs)) {
      return make_winograd_convolution_kernel(window_.geometry(x[1], x[2]).pads, std::move(weight),
                                              std::move(bias), output_clamp(context));
    }
    return make_convolution_kernel(window_.geometry(x[1], x[2]), group_, std::move(weight),
                                   std::move(bias), output_clamp(context));
  }
  bool can_clamp_output() const override { return true; }
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return "Conv(" + text(window_.resolved(inputs[0][1], inputs[0][2])) +
           (product(inputs)    ? " product)"
            : winograd(inputs) ? " winograd)"
                               : ")");
  }

 private:
  bool product(std::span<const Shape> inputs) const {
    const Shape& x = inputs[0];
    return large_product(window_.geometry(x[1], x[2]), group_, inputs[1], x[1], x[2]);
  }
  bool winograd(std::span<const Shape> inputs) const {
    const Shape& x = inputs[0];
    return winograd_pays(window_.geometry(x[1], x[2]), group_, inputs[1], x[1], x[2]);
  }
  std::string text(const Window& window) const {
    return window.text() + (group_ == 1 ? "" : " group=" + std::to_string(group_));
  }

  const Window window_;
  const int64_t group_;
};

Window window(std::array<int64_t, 2> kernel, std::array<int64_t, 2> strides, Pads pads,
              std::array<int64_t, 2> dilations = {1, 1}) {
  return {.kernel = kernel, .strides = strides, .dilations = dilations, .pads = pads};
}

}  // namespace

OpPtr make_conv(const Window& window, int64_t group) {
  return std::make_shared<Conv>(window, group);
}

Result<OpPtr> single_channel_conv(const Op& conv) {
  if (conv.kind() != kDoc.kind) {
    return fail(ErrorCode::kUnsupported,
                std::string(conv.kind()) + " is no convolution; it has no slices");
  }
  return make_conv(static_cast<const Conv&>(conv).window(), 1);
}

OpEntry conv_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(
            only_attributes(attributes, kDoc.kind,
                            {"kernel", "strides", "dilations", "pads", "auto_pad", "group"}));
        TRY(const Window window, Window::from_attributes(attributes));
        TRY(const int64_t group, attributes.integer("group", 1));
        if (group < 1)
          return fail(ErrorCode::kInvalidArgument,
                      "group wants a positive number; got " + std::to_string(group));
        return make_conv(window, group);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        Window same = window({3, 3}, {2, 2}, {});
        same.same_upper = true;
        return {
            {make_conv(window({3, 3}, {1, 1}, {1, 1, 1, 1}), 1),
             {{2, 5, 4, 3}, {4, 3, 3, 3}, {4}},
             {0, 1, 2},
             {1, 2}},
            // Stride that does not divide, asymmetric pads, no bias.
            {make_conv(window({3, 2}, {2, 3}, {0, 1, 2, 0}), 1),
             {{2, 6, 7, 2}, {3, 3, 2, 2}},
             {0, 1},
             {1}},
            {make_conv(window({2, 3}, {1, 1}, {1, 0, 0, 2}, {2, 1}), 2),
             {{1, 5, 5, 4}, {6, 2, 3, 2}, {6}},
             {0, 1, 2},
             {1, 2}},
            {make_conv(window({3, 3}, {2, 2}, {1, 1, 1, 1}), 5),
             {{1, 6, 5, 5}, {5, 3, 3, 1}, {5}},
             {0, 1, 2},
             {1, 2}},
            {make_conv(window({1, 1}, {1, 1}, {1, 1, 1, 1}), 1),
             {{2, 3, 3, 4}, {5, 1, 1, 4}, {5}},
             {0, 1, 2},
             {1, 2}},
            // A picture seen through a wide window.
            {make_conv(window({3, 5}, {2, 2}, {1, 2, 0, 3}), 1),
             {{2, 6, 8, 3}, {4, 3, 5, 3}, {4}},
             {0, 1, 2},
             {1, 2}},
            {make_conv(same, 1), {{1, 6, 5, 2}, {3, 3, 3, 2}, {3}}, {0, 1, 2}, {1, 2}},
        };
      },
  };
}

}  // namespace convscope
