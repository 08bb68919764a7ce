// ConvInputGrad: the input gradient of Conv, which is the transposed convolution.
//
//   dx[n, s·p + d·k − t, s·q + d·l − t, i] += Σ_o dy[n,p,q,o] · w[o,k,l,i]
//     dy: N×P×Q×O   w: O×KH×KW×(I/g)   dx: N×H×W×I (H and W are attributes: a stride that does not
//     divide hides them)
//   the derivatives: Conv for dy, ConvWeightGrad(ddx, dy) for w
//
// Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
#include <limits>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ConvInputGrad",
    .title = {"Convolution, backwards", "卷积的反向"},
    .equation = "∂x[s·p+k, s·q+l, i] += Σₒ ∂y[p,q,o] · w[o,k,l,i]",
    .intuition =
        {"Every output pixel paints its pattern back onto the places it looked at, as strongly as "
         "its own "
         "gradient says. Where windows overlap, the paint adds up.",
         "每个输出像素按自己梯度的强弱，把它的图案画回它看过的地方。窗口重叠处，颜料相加。"},
    .derivative = {"Painting back is linear, and its transpose is the convolution itself.",
                   "画回去是线性的，它的转置就是卷积本身。"},
    .reference = "Dumoulin & Visin 2016, arXiv:1603.07285",
};

class ConvInputGrad final : public Op {
 public:
  ConvInputGrad(const Window& window, int64_t group, int64_t height, int64_t width)
      : window_(window), group_(group), height_(height), width_(width) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    return window_.text() + (group_ == 1 ? "" : " group=" + std::to_string(group_)) +
           " size=" + std::to_string(height_) + "," + std::to_string(width_);
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 2 || inputs[0].rank() != 4 || inputs[1].rank() != 4) {
      return shape_error(*this, "wants dy (N×P×Q×O) and weight (O×KH×KW×I/group)", inputs);
    }
    const Shape &dy = inputs[0], &w = inputs[1];
    const auto [p, q] = window_.output_size(height_, width_);
    if (dy[1] != p || dy[2] != q || dy[3] != w[0] || w[0] % group_ != 0 ||
        w[1] != window_.kernel[0] || w[2] != window_.kernel[1]) {
      return shape_error(*this, "dy is not what the convolution of an input of that size gives",
                         inputs);
    }
    return std::vector<Shape>{Shape{dy[0], height_, width_, w[3] * group_}};
  }

  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return 2 * inputs[0].elements() * inputs[1].elements() / inputs[1][0];
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const DoubleTensor &dy = inputs[0], &w = inputs[1];
    DoubleTensor& dx = outputs[0];
    const WindowGeometry g = window_.geometry(height_, width_);
    const int64_t group_outputs = w.shape[0] / group_, group_inputs = w.shape[3];
    for (int64_t n = 0; n < dy.shape[0]; ++n) {
      for (int64_t p = 0; p < dy.shape[1]; ++p) {
        for (int64_t q = 0; q < dy.shape[2]; ++q) {
          for (int64_t o = 0; o < dy.shape[3]; ++o) {
            const int64_t first = o / group_outputs * group_inputs;
            for_each_tap(g, height_, width_, p, q,
                         [&](int64_t iy, int64_t ix, int64_t k, int64_t l) {
                           for (int64_t i = 0; i < group_inputs; ++i)
                             dx.at(n, iy, ix, first + i) += dy.at(n, p, q, o) * w.at(o, k, l, i);
                         });
          }
        }
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    Cotangents out(2);
    if (context.wanted[0]) {
      TRY(out[0],
          context.emit(make_conv(window_, group_), {context.cotangent(), context.input(1)}));
    }
    if (context.wanted[1]) {
      TRY(out[1], context.emit(make_conv_weight_grad(window_, group_),
                               {context.cotangent(), context.input(0)}));
    }
    return out;
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    TRY(Tensor weight, constant_input(context, 1, "weight of a convolution"));
    if (product(context.inputs)) {
      const int64_t outputs = weight.shape()[0];
      return make_stored_fully_connected_kernel(
          false, weight.reshaped({outputs, weight.shape().elements() / outputs}), Tensor(),
          output_clamp(context));
    }
    if (winograd(context.inputs)) {
      return make_winograd_input_grad_kernel(window_.geometry(height_, width_).pads,
                                             std::move(weight));
    }
    return make_convolution_input_grad_kernel(window_.geometry(height_, width_), group_,
                                              std::move(weight), Tensor());
  }
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return "ConvInputGrad(" + window_.resolved(height_, width_).text() +
           " group=" + std::to_string(group_) +
           (product(inputs)    ? " product)"
            : winograd(inputs) ? " winograd)"
                               : ")");
  }

 private:
  bool product(std::span<const Shape> inputs) const {
    return large_product(window_.geometry(height_, width_), group_, inputs[1], height_, width_);
  }
  bool winograd(std::span<const Shape> inputs) const {
    return winograd_pays(window_.geometry(height_, width_), group_, inputs[1], height_, width_);
  }

  const Window window_;
  const int64_t group_, height_, width_;
};

}  // namespace

OpPtr make_conv_input_grad(const Window& window, int64_t group, int64_t height, int64_t width) {
  return std::make_shared<ConvInputGrad>(window, group, height, width);
}

OpEntry conv_input_grad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        const Window three{.kernel = {3, 3}, .pads = {1, 1, 1, 1}};
        const Window strided{.kernel = {3, 2}, .strides = {2, 3}, .pads = {0, 1, 2, 0}};
        const Window depthwise{.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}};
        const Window pointwise{.pads = {1, 1, 1, 1}};
        const Window sparse{.strides = {2, 2}};
        const Window tall{.kernel = {3, 1}, .strides = {3, 1}, .pads = {1, 0, 1, 0}};
        return {
            {make_conv_input_grad(three, 1, 5, 4), {{2, 5, 4, 4}, {4, 3, 3, 3}}, {0, 1}, {1}},
            {make_conv_input_grad(strided, 1, 6, 7), {{2, 3, 3, 3}, {3, 3, 2, 2}}, {0, 1}, {1}},
            {make_conv_input_grad(three, 2, 4, 4), {{1, 4, 4, 6}, {6, 3, 3, 2}}, {0, 1}, {1}},
            {make_conv_input_grad(depthwise, 5, 6, 5), {{1, 3, 3, 5}, {5, 3, 3, 1}}, {0, 1}, {1}},
            {make_conv_input_grad(three, 5, 6, 5), {{1, 6, 5, 5}, {5, 3, 3, 1}}, {0, 1}, {1}},
            {make_conv_input_grad(pointwise, 1, 3, 3), {{2, 5, 5, 5}, {5, 1, 1, 4}}, {0, 1}, {1}},
            {make_conv_input_grad(sparse, 1, 4, 5), {{1, 2, 3, 5}, {5, 1, 1, 4}}, {0, 1}, {1}},
            // An input smaller than the stride.
            {make_conv_input_grad(tall, 3, 1, 1), {{2, 1, 1, 6}, {6, 3, 1, 4}}, {0, 1}, {1}},
        };
      },
  };
}

}  // namespace convscope
