// Softmax: XNNPACK along the last axis, a plain loop along any other.
#include <cmath>

#include "kernels/kernels.h"
#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

class RowSoftmax final : public Kernel {
 public:
  explicit RowSoftmax(XnnOperator op) : op_(std::move(op)) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    const TensorView &x = inputs[0], &y = outputs[0];
    TRY_STATUS(status_from_xnn(
        xnn_reshape_softmax_nc_f32(
            op_.get(), static_cast<size_t>(x.shape.channels()), static_cast<size_t>(x.row_stride),
            static_cast<size_t>(y.row_stride), static_cast<size_t>(x.shape.rows()), pool.handle()),
        "shaping a softmax"));
    return status_from_xnn(xnn_setup_softmax_nc_f32(op_.get(), x.data, y.data),
                           "setting up a softmax");
  }
  Status run(ThreadPool& pool) override { return run_xnn(op_, pool.handle()); }
  bool accepts_row_strides() const override { return true; }

 private:
  XnnOperator op_;
};

class AxisSoftmax final : public Kernel {
 public:
  AxisSoftmax(int axis, bool logarithm) : axis_(axis), logarithm_(logarithm) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    y_ = outputs[0];
    return {};
  }

  Status run(ThreadPool& pool) override {
    const Shape& shape = x_.shape;
    const int axis = axis_ < 0 ? axis_ + shape.rank() : axis_;
    int64_t inner = 1;
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
    const int64_t extent = shape[axis];
    const int64_t lines = shape.elements() / extent;
    pool.for_each_tile(static_cast<size_t>(lines), 64, [&](size_t begin, size_t end) {
      for (auto line = static_cast<int64_t>(begin); line < static_cast<int64_t>(end); ++line) {
        const int64_t start = line / inner * inner * extent + line % inner;
        const float* x = x_.data + start;
        float* y = y_.data + start;
        float maximum = x[0];
        for (int64_t i = 1; i < extent; ++i) maximum = std::max(maximum, x[i * inner]);
        float sum = 0;
        for (int64_t i = 0; i < extent; ++i) sum += y[i * inner] = std::exp(x[i * inner] - maximum);
        if (logarithm_) {
          // The maximum first: a large one would swallow the digits of the logarithm.
          const float rest = std::log(sum);
          for (int64_t i = 0; i < extent; ++i) y[i * inner] = (x[i * inner] - maximum) - rest;
          continue;
        }
        for (int64_t i = 0; i < extent; ++i) y[i * inner] /= sum;
      }
    });
    return {};
  }

 private:
  const int axis_;
  const bool logarithm_;
  TensorView x_, y_;
};

}  // namespace

Result<KernelPtr> make_softmax_kernel(int axis, int rank) {
  if (axis != rank - 1) return std::make_unique<AxisSoftmax>(axis, /*logarithm=*/false);
  xnn_operator_t raw = nullptr;
  TRY_STATUS(status_from_xnn(xnn_create_softmax_nc_f32(/*flags=*/0, &raw), "making a softmax"));
  return std::make_unique<RowSoftmax>(XnnOperator(raw));
}

KernelPtr make_log_softmax_kernel(int axis) {
  return std::make_unique<AxisSoftmax>(axis, /*logarithm=*/true);
}

}  // namespace convscope
