// MaxPool: the strongest response in each window.
//
//   y[n,p,q,c] = max over k,l of x[n, s·p + d·k − t, s·q + d·l − t, c]      x: N×H×W×C   y: N×P×Q×C
//     elements outside the picture never win
//   dx: each window sends dy to its first maximum (MaxPoolGrad)
//
// Scherer, Müller & Behnke, "Evaluation of pooling operations in convolutional architectures",
// ICANN 2010; ONNX MaxPool.
#include <algorithm>
#include <limits>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "MaxPool",
    .title = {"Max pooling", "最大池化"},
    .equation = "y[p,q,c] = maxₖₗ x[s·p+k, s·q+l, c]",
    .intuition = {"From every neighbourhood only the strongest response goes on. The map gets "
                  "smaller, and where "
                  "exactly the pattern was matters a little less.",
                  "每个邻域只留下最强的响应。特征图变小了，图案的精确位置也变得不那么重要。"},
    .derivative = {"Only the winner of each window can change the output; all other pixels have no "
                   "influence at all.",
                   "只有每个窗口的胜者能改变输出；其他像素毫无影响。"},
    .reference = "Scherer et al. 2010, ICANN",
};

class MaxPool final : public Op {
 public:
  explicit MaxPool(const Window& window) : window_(window) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return window_.text(); }
  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    return infer_pool(*this, window_, inputs);
  }
  int64_t flops(std::span<const Shape>, std::span<const Shape> outputs) const override {
    return outputs[0].elements() * window_.kernel[0] * window_.kernel[1];
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const DoubleTensor& x = inputs[0];
    DoubleTensor& y = outputs[0];
    const WindowGeometry g = window_.geometry(x.shape[1], x.shape[2]);
    std::ranges::fill(y.values, -std::numeric_limits<double>::infinity());
    for (int64_t n = 0; n < y.shape[0]; ++n) {
      for (int64_t p = 0; p < y.shape[1]; ++p) {
        for (int64_t q = 0; q < y.shape[2]; ++q) {
          for_each_tap(g, x.shape[1], x.shape[2], p, q,
                       [&](int64_t iy, int64_t ix, int64_t, int64_t) {
                         for (int64_t c = 0; c < y.shape[3]; ++c)
                           y.at(n, p, q, c) = std::max(y.at(n, p, q, c), x.at(n, iy, ix, c));
                       });
        }
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    TRY(const ValueId dx,
        context.emit(make_max_pool_grad(window_), {context.input(0), context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    return make_max_pool_kernel(window_.geometry(context.inputs[0][1], context.inputs[0][2]));
  }
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return "MaxPool(" + window_.resolved(inputs[0][1], inputs[0][2]).text() + ")";
  }

 private:
  const Window window_;
};

}  // namespace

OpPtr make_max_pool(const Window& window) { return std::make_shared<MaxPool>(window); }

OpEntry max_pool_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(
            only_attributes(attributes, kDoc.kind,
                            {"kernel", "strides", "dilations", "pads", "auto_pad", "ceil_mode"}));
        TRY(const Window window, Window::from_attributes(attributes));
        return make_max_pool(window);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {
            {make_max_pool({.kernel = {2, 2}, .strides = {2, 2}}), {{2, 4, 6, 3}}, {0}, {}},
            // Overlapping windows, of which the last reach beyond the picture.
            {make_max_pool({.kernel = {3, 3}, .strides = {2, 2}, .ceil_mode = true}),
             {{2, 6, 8, 3}},
             {0},
             {}},
            {make_max_pool({.kernel = {3, 2}, .strides = {1, 2}, .pads = {1, 0, 2, 1}}),
             {{1, 5, 5, 2}},
             {0},
             {}},
            {make_max_pool({.kernel = {2, 2}, .strides = {3, 1}, .dilations = {2, 3}}),
             {{1, 7, 6, 2}},
             {0},
             {}},
        };
      },
  };
}

}  // namespace convscope
