// AveragePoolGrad: the derivative of AveragePool applied to a cotangent.
//
//   dx[n, s·p + d·k − t, s·q + d·l − t, c] += dy[n,p,q,c] / m     dy: N×P×Q×C   dx: N×H×W×C (H and
//   W are attributes) d(dx)/d(dy): AveragePool again
#include "ops/average_window.h"
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "AveragePoolGrad",
    .title = {"Average pooling, backwards", "平均池化的反向"},
    .equation = "∂x[s·p+k, s·q+l, c] += ∂y[p,q,c] / m",
    .intuition = {"Each window divides its gradient equally among the pixels it averaged. Where "
                  "windows overlap, the "
                  "shares add up.",
                  "每个窗口把梯度平均分给它所平均的像素。窗口重叠处，份额相加。"},
    .derivative = {"Sharing out is linear, and its transpose is the average itself.",
                   "分配是线性的，它的转置就是平均本身。"},
    .reference = "LeCun et al. 1998, Proceedings of the IEEE",
};

class AveragePoolGrad final : public Op {
 public:
  AveragePoolGrad(const Window& window, int64_t height, int64_t width)
      : window_(window), height_(height), width_(width) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    return window_.text() + " size=" + std::to_string(height_) + "," + std::to_string(width_);
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    const auto [p, q] = window_.output_size(height_, width_);
    if (inputs.size() != 1 || inputs[0].rank() != 4 || inputs[0][1] != p || inputs[0][2] != q) {
      return shape_error(*this, "dy is not of the shape that pooling gives", inputs);
    }
    return std::vector<Shape>{Shape{inputs[0][0], height_, width_, inputs[0][3]}};
  }
  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return inputs[0].elements() * window_.kernel[0] * window_.kernel[1];
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const DoubleTensor& dy = inputs[0];
    DoubleTensor& dx = outputs[0];
    const WindowGeometry g = window_.geometry(height_, width_);
    for (int64_t n = 0; n < dy.shape[0]; ++n) {
      for (int64_t p = 0; p < dy.shape[1]; ++p) {
        for (int64_t q = 0; q < dy.shape[2]; ++q) {
          const double weight = average_weight(window_, height_, width_, p, q);
          for_each_tap(g, height_, width_, p, q, [&](int64_t iy, int64_t ix, int64_t, int64_t) {
            for (int64_t c = 0; c < dy.shape[3]; ++c)
              dx.at(n, iy, ix, c) += weight * dy.at(n, p, q, c);
          });
        }
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId ddy, context.emit(make_average_pool(window_), {context.cotangent()}));
    return Cotangents{ddy};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_average_pool_grad_kernel(window_.geometry(height_, width_),
                                         window_.count_include_pad);
  }
  std::string lowering_key(std::span<const Shape>) const override {
    return "AveragePoolGrad(" + window_.resolved(height_, width_).text() + ")";
  }

 private:
  const Window window_;
  const int64_t height_, width_;
};

}  // namespace

OpPtr make_average_pool_grad(const Window& window, int64_t height, int64_t width) {
  return std::make_shared<AveragePoolGrad>(window, height, width);
}

OpEntry average_pool_grad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {
            {make_average_pool_grad({.kernel = {3, 3}, .strides = {2, 2}, .ceil_mode = true}, 6, 8),
             {{2, 3, 4, 3}},
             {0},
             {}},
            {make_average_pool_grad({.kernel = {3, 2},
                                     .strides = {1, 2},
                                     .pads = {1, 0, 2, 1},
                                     .count_include_pad = true},
                                    5, 5),
             {{1, 6, 3, 2}},
             {0},
             {}},
        };
      },
  };
}

}  // namespace convscope
