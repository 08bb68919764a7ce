// ConvWeightGrad: the weight gradient of Conv.
//
//   dw[o,k,l,i] = Σ_{n,p,q} dy[n,p,q,o] · x[n, s·p + d·k − t, s·q + d·l − t, i]
//     x: N×H×W×I   dy: N×P×Q×O   dw: O×KH×KW×(I/g)   outside the picture x counts as 0
//   It is linear in both: its derivatives are ConvInputGrad(dy, ddw) and Conv(x, ddw)
//
// LeCun et al., "Gradient-based learning applied to document recognition", 1998.
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ConvWeightGrad",
    .title = {"Convolution, gradient of its weights", "卷积权重的梯度"},
    .equation = "∂w[o,k,l,i] = Σ[p,q] ∂y[p,q,o] · x[s·p+k, s·q+l, i]",
    .intuition = {"Every place of the picture votes on how the pattern should change: by what "
                  "the window saw there, as strongly as the output there mattered.",
                  "图像的每个位置都对图案该如何改变投票：内容是窗口在那里看到的，分量是那里的输出有"
                  "多重要。"},
    .derivative = {"A product of two things: each one's gradient is weighted by the other.",
                   "它是两者的乘积：每一方的梯度由另一方加权。"},
    .reference = "LeCun et al. 1998, Proceedings of the IEEE",
};

class ConvWeightGrad final : public Op {
 public:
  ConvWeightGrad(const Window& window, int64_t group) : window_(window), group_(group) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return text(window_); }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 2 || inputs[0].rank() != 4 || inputs[1].rank() != 4) {
      return shape_error(*this, "wants x (N×H×W×I) and dy (N×P×Q×O)", inputs);
    }
    const Shape &x = inputs[0], &dy = inputs[1];
    const auto [p, q] = window_.output_size(x[1], x[2]);
    if (dy[0] != x[0] || dy[1] != p || dy[2] != q || p <= 0 || q <= 0 || x[3] % group_ != 0 ||
        dy[3] % group_ != 0) {
      return shape_error(*this, "dy is not what the convolution of x gives", inputs);
    }
    return std::vector<Shape>{Shape{dy[3], window_.kernel[0], window_.kernel[1], x[3] / group_}};
  }

  int64_t flops(std::span<const Shape> inputs, std::span<const Shape> outputs) const override {
    return 2 * outputs[0].elements() * inputs[1].elements() / inputs[1][3];
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const DoubleTensor &x = inputs[0], &dy = inputs[1];
    DoubleTensor& dw = outputs[0];
    const WindowGeometry g = window_.geometry(x.shape[1], x.shape[2]);
    const int64_t group_outputs = dw.shape[0] / group_, group_inputs = dw.shape[3];
    for (int64_t n = 0; n < dy.shape[0]; ++n) {
      for (int64_t p = 0; p < dy.shape[1]; ++p) {
        for (int64_t q = 0; q < dy.shape[2]; ++q) {
          for_each_tap(g, x.shape[1], x.shape[2], p, q,
                       [&](int64_t iy, int64_t ix, int64_t k, int64_t l) {
                         for (int64_t o = 0; o < dy.shape[3]; ++o) {
                           const int64_t first = o / group_outputs * group_inputs;
                           for (int64_t i = 0; i < group_inputs; ++i)
                             dw.at(o, k, l, i) += dy.at(n, p, q, o) * x.at(n, iy, ix, first + i);
                         }
                       });
        }
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(2);
    const Shape x = context.shape(context.input(0));
    if (context.wanted[0]) {
      TRY(out[0], context.emit(make_conv_input_grad(window_, group_, x[1], x[2]),
                               {context.input(1), context.cotangent()}));
    }
    if (context.wanted[1]) {
      TRY(out[1],
          context.emit(make_conv(window_, group_), {context.input(0), context.cotangent()}));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    const Shape& x = context.inputs[0];
    return make_convolution_weight_grad_kernel(window_.geometry(x[1], x[2]), group_);
  }
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return "ConvWeightGrad(" + text(window_.resolved(inputs[0][1], inputs[0][2])) + ")";
  }

 private:
  std::string text(const Window& window) const {
    return window.text() + (group_ == 1 ? "" : " group=" + std::to_string(group_));
  }

  const Window window_;
  const int64_t group_;
};

}  // namespace

OpPtr make_conv_weight_grad(const Window& window, int64_t group) {
  return std::make_shared<ConvWeightGrad>(window, group);
}

OpEntry conv_weight_grad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        const Window three{.kernel = {3, 3}, .pads = {1, 1, 1, 1}};
        const Window strided{.kernel = {3, 2}, .strides = {2, 3}, .pads = {0, 1, 2, 0}};
        const Window dilated{.kernel = {2, 3}, .dilations = {2, 1}, .pads = {1, 0, 0, 2}};
        const Window depthwise{.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}};
        return {
            {make_conv_weight_grad(three, 1), {{2, 5, 4, 3}, {2, 5, 4, 4}}, {0, 1}, {}},
            {make_conv_weight_grad(strided, 1), {{2, 6, 7, 2}, {2, 3, 3, 3}}, {0, 1}, {}},
            {make_conv_weight_grad(dilated, 2), {{1, 5, 5, 4}, {1, 4, 5, 6}}, {0, 1}, {}},
            {make_conv_weight_grad(depthwise, 5), {{2, 6, 5, 5}, {2, 3, 3, 5}}, {0, 1}, {}},
            {make_conv_weight_grad({.pads = {1, 1, 1, 1}}, 1),
             {{2, 3, 3, 4}, {2, 5, 5, 5}},
             {0, 1},
             {}},
            // Whole blocks of channels and a rest.
            {make_conv_weight_grad(three, 1), {{1, 3, 2, 19}, {1, 3, 2, 6}}, {0}, {}},
        };
      },
  };
}

}  // namespace convscope
