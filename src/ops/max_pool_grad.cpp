// MaxPoolGrad: the derivative of MaxPool applied to a cotangent.
//
//   dx[argmax of the window at (p,q)] += dy[n,p,q,c]        x, dx: N×H×W×C   dy: N×P×Q×C
//   Equal maxima: the first in row-major window order gets everything, as in PyTorch. Overlapping
//   windows add up. No derivative of its own: the switches are constants of the forward pass, and
//   nobody has asked for the rest.
#include <limits>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "MaxPoolGrad",
    .title = {"Max pooling, backwards", "最大池化的反向"},
    .equation = "∂x[argmax] += ∂y[p,q,c]",
    .intuition =
        {"Each window hands its gradient to the one pixel that won. The rest of the picture gets "
         "nothing, "
         "which is why gradients look like scattered dots.",
         "每个窗口把梯度交给获胜的那个像素，其余像素什么也得不到，所以梯度图看起来像散落的点。"},
    .derivative = {"The switches do not move when the gradient changes, so this is a plain copy to "
                   "fixed places.",
                   "梯度变化时，胜者的位置不会移动，所以这只是复制到固定的位置。"},
    .reference = "Zeiler & Fergus 2013, arXiv:1311.2901 (switches)",
};

class MaxPoolGrad final : public Op {
 public:
  explicit MaxPoolGrad(const Window& window) : window_(window) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return window_.text(); }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 2) return shape_error(*this, "wants x and dy", inputs);
    TRY(const std::vector<Shape> pooled, infer_pool(*this, window_, inputs.first(1)));
    if (inputs[1] != pooled[0])
      return shape_error(*this, "dy is not of the shape that pooling x gives", inputs);
    return std::vector<Shape>{inputs[0]};
  }
  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return inputs[1].elements() * window_.kernel[0] * window_.kernel[1];
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const DoubleTensor &x = inputs[0], &dy = inputs[1];
    const WindowGeometry g = window_.geometry(x.shape[1], x.shape[2]);
    for (int64_t n = 0; n < dy.shape[0]; ++n) {
      for (int64_t p = 0; p < dy.shape[1]; ++p) {
        for (int64_t q = 0; q < dy.shape[2]; ++q) {
          for (int64_t c = 0; c < dy.shape[3]; ++c) {
            double best = -std::numeric_limits<double>::infinity();
            double* winner = nullptr;
            for_each_tap(g, x.shape[1], x.shape[2], p, q,
                         [&](int64_t iy, int64_t ix, int64_t, int64_t) {
                           if (x.at(n, iy, ix, c) <= best) return;
                           best = x.at(n, iy, ix, c);
                           winner = &outputs[0].at(n, iy, ix, c);
                         });
            if (winner != nullptr) *winner += dy.at(n, p, q, c);
          }
        }
      }
    }
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    return make_max_pool_grad_kernel(window_.geometry(context.inputs[0][1], context.inputs[0][2]));
  }
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return "MaxPoolGrad(" + window_.resolved(inputs[0][1], inputs[0][2]).text() + ")";
  }

 private:
  const Window window_;
};

}  // namespace

OpPtr make_max_pool_grad(const Window& window) { return std::make_shared<MaxPoolGrad>(window); }

OpEntry max_pool_grad_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {
            {make_max_pool_grad({.kernel = {3, 3}, .strides = {2, 2}, .ceil_mode = true}),
             {{2, 6, 8, 3}, {2, 3, 4, 3}},
             {},
             {}},
            {make_max_pool_grad({.kernel = {3, 2}, .strides = {1, 2}, .pads = {1, 0, 2, 1}}),
             {{1, 5, 5, 2}, {1, 6, 3, 2}},
             {},
             {}},
        };
      },
  };
}

}  // namespace convscope
