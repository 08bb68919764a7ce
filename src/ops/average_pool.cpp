// AveragePool: the mean response in each window.
//
//   y[n,p,q,c] = 1/m Σ_{k,l} x[n, s·p + d·k − t, s·q + d·l − t, c]      x: N×H×W×C   y: N×P×Q×C
//     m counts the window's elements inside the picture, or with count_include_pad inside the
//     padded picture
//   dx = AveragePoolGrad(dy)
//
// LeCun et al., "Gradient-based learning applied to document recognition", 1998 (subsampling); ONNX
// AveragePool.
#include "ops/average_window.h"
#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "AveragePool",
    .title = {"Average pooling", "平均池化"},
    .equation = "y[p,q,c] = 1/m Σₖₗ x[s·p+k, s·q+l, c]",
    .intuition = {"Each neighbourhood is replaced by its mean, as when a photograph is made "
                  "smaller. Fine detail "
                  "goes, the overall amount of a pattern stays.",
                  "每个邻域被它的平均值代替，就像把照片缩小。细节消失了，图案的总量保留下来。"},
    .derivative = {"All pixels of a window have the same small influence: one over their number.",
                   "窗口中所有像素的影响相同而且很小：都是个数的倒数。"},
    .reference = "LeCun et al. 1998, Proceedings of the IEEE",
};

class AveragePool final : public Op {
 public:
  explicit AveragePool(const Window& window) : window_(window) {}
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
    for (int64_t n = 0; n < y.shape[0]; ++n) {
      for (int64_t p = 0; p < y.shape[1]; ++p) {
        for (int64_t q = 0; q < y.shape[2]; ++q) {
          const double weight = average_weight(window_, x.shape[1], x.shape[2], p, q);
          for_each_tap(g, x.shape[1], x.shape[2], p, q,
                       [&](int64_t iy, int64_t ix, int64_t, int64_t) {
                         for (int64_t c = 0; c < y.shape[3]; ++c)
                           y.at(n, p, q, c) += weight * x.at(n, iy, ix, c);
                       });
        }
      }
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    const Shape x = context.shape(context.input(0));
    TRY(const ValueId dx,
        context.emit(make_average_pool_grad(window_, x[1], x[2]), {context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    return make_average_pool_kernel(window_.geometry(context.inputs[0][1], context.inputs[0][2]),
                                    window_.count_include_pad);
  }
  std::string lowering_key(std::span<const Shape> inputs) const override {
    return "AveragePool(" + window_.resolved(inputs[0][1], inputs[0][2]).text() + ")";
  }

 private:
  const Window window_;
};

}  // namespace

OpPtr make_average_pool(const Window& window) { return std::make_shared<AveragePool>(window); }

OpEntry average_pool_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind,
                                   {"kernel", "strides", "dilations", "pads", "auto_pad",
                                    "ceil_mode", "count_include_pad"}));
        TRY(const Window window, Window::from_attributes(attributes));
        return make_average_pool(window);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {
            {make_average_pool({.kernel = {2, 2}, .strides = {2, 2}}), {{2, 4, 6, 3}}, {0}, {}},
            {make_average_pool({.kernel = {3, 3}, .strides = {2, 2}, .ceil_mode = true}),
             {{2, 6, 8, 3}},
             {0},
             {}},
            {make_average_pool({.kernel = {3, 2},
                                .strides = {1, 2},
                                .pads = {1, 0, 2, 1},
                                .count_include_pad = true}),
             {{1, 5, 5, 2}},
             {0},
             {}},
            {make_average_pool({.kernel = {3, 3},
                                .strides = {2, 2},
                                .pads = {1, 1, 1, 1},
                                .ceil_mode = true,
                                .count_include_pad = true}),
             {{1, 6, 6, 2}},
             {0},
             {}},
        };
      },
  };
}

}  // namespace convscope
