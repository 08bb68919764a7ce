// Max pooling: XNNPACK where it can, our own loop for dilation and for strides larger than the
// window.
#include <limits>
#include <list>

#include "kernels/kernels.h"
#include "kernels/pool_walk.h"
#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

// XNNPACK's window clamps to the input's border, which for a maximum is the same as padding: a
// window that reaches beyond the input (ceil mode too) sees its own last real element once more.
class XnnMaxPool final : public Kernel {
 public:
  explicit XnnMaxPool(const WindowGeometry& window) : window_(window) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    const TensorView &x = inputs[0], &y = outputs[0];
    Arguments wanted{x.shape, y.shape, x.row_stride, y.row_stride, pool.handle()};
    TRY(current_, variant(wanted));
    if (current_->arguments != wanted) {
      const auto size = [](int64_t value) { return static_cast<size_t>(value); };
      size_t height = 0, width = 0;
      TRY_STATUS(status_from_xnn(
          xnn_reshape_max_pooling2d_nhwc_f32(current_->op.get(), size(x.shape[0]), size(x.shape[1]),
                                             size(x.shape[2]), size(x.shape[3]), size(x.row_stride),
                                             size(y.row_stride), &height, &width, pool.handle()),
          "shaping a max pooling"));
      CHECK(height == size(y.shape[1]) && width == size(y.shape[2]));
      current_->arguments = wanted;
    }
    return status_from_xnn(xnn_setup_max_pooling2d_nhwc_f32(current_->op.get(), x.data, y.data),
                           "setting up a max pooling");
  }

  Status run(ThreadPool& pool) override { return run_xnn(current_->op, pool.handle()); }
  bool accepts_row_strides() const override { return true; }

 private:
  struct Arguments {
    Shape input, output;
    int64_t input_stride = 0, output_stride = 0;
    pthreadpool* pool = nullptr;
    friend bool operator==(const Arguments&, const Arguments&) = default;
  };
  struct Variant {
    int64_t pad_bottom, pad_right, input_stride;
    XnnOperator op;
    Arguments arguments;
  };

  // Pads at the end are what the output size asks for; they and, since XNNPACK keeps its table of
  // input rows when only the row stride changes, the stride choose the operator.
  Result<Variant*> variant(const Arguments& wanted) {
    const auto end_pad = [&](int axis, int64_t begin_pad) {
      const auto a = static_cast<size_t>(axis - 1);
      const int64_t reach = (wanted.output[axis] - 1) * window_.strides[a] + window_.kernel[a];
      return std::max<int64_t>(0, reach - wanted.input[axis] - begin_pad);
    };
    const int64_t bottom = end_pad(1, window_.pads.top), right = end_pad(2, window_.pads.left);
    for (Variant& v : variants_) {
      if (v.pad_bottom == bottom && v.pad_right == right && v.input_stride == wanted.input_stride)
        return &v;
    }
    const auto u32 = [](int64_t value) { return static_cast<uint32_t>(value); };
    xnn_operator_t raw = nullptr;
    TRY_STATUS(
        status_from_xnn(xnn_create_max_pooling2d_nhwc_f32(
                            u32(window_.pads.top), u32(right), u32(bottom), u32(window_.pads.left),
                            u32(window_.kernel[0]), u32(window_.kernel[1]), u32(window_.strides[0]),
                            u32(window_.strides[1]), 1, 1, -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::infinity(), /*flags=*/0, &raw),
                        "making a max pooling"));
    variants_.push_back({bottom, right, wanted.input_stride, XnnOperator(raw), {}});
    return &variants_.back();
  }

  const WindowGeometry window_;
  std::list<Variant> variants_;
  Variant* current_ = nullptr;
};

class PlainMaxPool final : public Kernel {
 public:
  explicit PlainMaxPool(const WindowGeometry& window) : window_(window) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    y_ = outputs[0];
    return {};
  }
  Status run(ThreadPool& pool) override {
    const int64_t rows = y_.shape[0] * y_.shape[1];
    pool.for_each_tile(static_cast<size_t>(rows), 1, [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) run_row(static_cast<int64_t>(row));
    });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  void run_row(int64_t row) const {
    const int64_t height = x_.shape[1], width = x_.shape[2], channels = x_.shape[3];
    const int64_t n = row / y_.shape[1], oy = row % y_.shape[1];
    const TapRange ys = taps_within(window_, 0, oy, window_.pads.top, 0, height);
    for (int64_t ox = 0; ox < y_.shape[2]; ++ox) {
      const TapRange xs = taps_within(window_, 1, ox, window_.pads.left, 0, width);
      float* y = y_.data + (row * y_.shape[2] + ox) * y_.row_stride;
      std::fill_n(y, channels, -std::numeric_limits<float>::infinity());
      for (int64_t ky = ys.begin; ky < ys.end; ++ky) {
        const int64_t iy = oy * window_.strides[0] - window_.pads.top + ky * window_.dilations[0];
        for (int64_t kx = xs.begin; kx < xs.end; ++kx) {
          const int64_t ix =
              ox * window_.strides[1] - window_.pads.left + kx * window_.dilations[1];
          const float* x = x_.data + ((n * height + iy) * width + ix) * x_.row_stride;
          for (int64_t c = 0; c < channels; ++c) y[c] = y[c] < x[c] ? x[c] : y[c];
        }
      }
    }
  }

  const WindowGeometry window_;
  TensorView x_, y_;
};

}  // namespace

KernelPtr make_max_pool_kernel(const WindowGeometry& window) {
  const bool plain = !window.undilated() || window.taps() == 1 ||
                     window.strides[0] > window.kernel[0] || window.strides[1] > window.kernel[1];
  if (plain) return std::make_unique<PlainMaxPool>(window);
  return std::make_unique<XnnMaxPool>(window);
}

}  // namespace convscope
