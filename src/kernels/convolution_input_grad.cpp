// The input gradient of a convolution: the transposed convolution, in XNNPACK's fastest form for
// each case.
#include <algorithm>
#include <limits>
#include <list>

#include "kernels/depthwise_convolution.h"
#include "kernels/folded_input_grad.h"
#include "kernels/kernels.h"
#include "kernels/pool_walk.h"
#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

constexpr OutputClamp kNoClamp{-std::numeric_limits<float>::infinity(),
                               std::numeric_limits<float>::infinity()};

// (O, KH, KW, I/g) -> (I, KH, KW, O/g): what was an output channel becomes an input channel.
Result<Tensor> transposed_weight(const Tensor& weight, int64_t group) {
  const int64_t kh = weight.shape()[1], kw = weight.shape()[2];
  const int64_t group_outputs = weight.shape()[0] / group, group_inputs = weight.shape()[3];
  TRY(Tensor out, Tensor::uninitialised(Shape{group * group_inputs, kh, kw, group_outputs}));
  const float* from = weight.data();
  for (int64_t g = 0; g < group; ++g) {
    for (int64_t o = 0; o < group_outputs; ++o) {
      for (int64_t tap = 0; tap < kh * kw; ++tap) {
        for (int64_t i = 0; i < group_inputs; ++i) {
          out.data()[((g * group_inputs + i) * kh * kw + tap) * group_outputs + o] = *from++;
        }
      }
    }
  }
  return out;
}

class Deconvolution final : public Kernel {
 public:
  Deconvolution(const WindowGeometry& window, int64_t group, Tensor weight, Tensor bias)
      : window_(window), group_(group), weight_(std::move(weight)), bias_(std::move(bias)) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    const TensorView &dy = inputs[0], &dx = outputs[0];
    dy_ = dy;
    dx_ = dx;
    // XNNPACK's phases write beyond an output that is smaller than the stride.
    current_ = nullptr;
    if (dx.shape[1] < window_.strides[0] || dx.shape[2] < window_.strides[1]) return {};
    TRY(current_, variant(dy.row_stride, dx.row_stride));
    Arguments wanted{dy.shape[0], dy.shape[1], dy.shape[2], 0, 0, pool.handle(), pool.threads()};
    wanted.rest_height = rest(0, dx.shape[1], dy.shape[1], window_.pads.top + window_.pads.bottom);
    wanted.rest_width = rest(1, dx.shape[2], dy.shape[2], window_.pads.left + window_.pads.right);
    CHECK(wanted.rest_height >= 0 && wanted.rest_height < window_.strides[0]);
    CHECK(wanted.rest_width >= 0 && wanted.rest_width < window_.strides[1]);
    if (current_->arguments != wanted) {
      // XNNPACK keeps its table of input rows when the input size stays, although the output size
      // may not.
      if (current_->arguments.height == wanted.height &&
          current_->arguments.width == wanted.width) {
        Arguments other = wanted;
        ++other.height;
        TRY_STATUS(reshape(other));
      }
      TRY_STATUS(reshape(wanted));
    }
    return status_from_xnn(xnn_setup_deconvolution2d_nhwc_f32(current_->op.get(), dy.data, dx.data),
                           "setting up a transposed convolution");
  }

  Status run(ThreadPool& pool) override {
    if (current_ != nullptr) return run_xnn(current_->op, pool.handle());
    run_tiny();
    return {};
  }
  bool accepts_row_strides() const override { return true; }
  int64_t held_bytes() const override {
    return static_cast<int64_t>(variants_.size()) * weight_.shape().elements() * 4;
  }

 private:
  struct Arguments {
    int64_t batch = 0, height = 0, width = 0, rest_height = 0, rest_width = 0;
    pthreadpool* pool = nullptr;
    int threads = 0;
    friend bool operator==(const Arguments&, const Arguments&) = default;
  };
  struct Variant {
    int64_t input_stride, output_stride;
    XnnOperator op;
    Arguments arguments;
  };

  // A handful of pixels: every dy pixel adds its weights to the dx pixels that it saw.
  void run_tiny() const {
    const int64_t height = dx_.shape[1], width = dx_.shape[2];
    for (int64_t row = 0; row < dx_.shape.rows(); ++row) {
      float* dx = dx_.data + row * dx_.row_stride;
      if (bias_.empty()) {
        std::fill_n(dx, dx_.shape.channels(), 0.0f);
      } else {
        std::ranges::copy(bias_.values(), dx);
      }
    }
    for (int64_t row = 0; row < dy_.shape.rows(); ++row) {
      const int64_t q = row % dy_.shape[2], p = row / dy_.shape[2] % dy_.shape[1],
                    n = row / dy_.shape[2] / dy_.shape[1];
      const TapRange ys = taps_within(window_, 0, p, window_.pads.top, 0, height);
      const TapRange xs = taps_within(window_, 1, q, window_.pads.left, 0, width);
      for (int64_t ky = ys.begin; ky < ys.end; ++ky) {
        const int64_t iy = p * window_.strides[0] - window_.pads.top + ky * window_.dilations[0];
        for (int64_t kx = xs.begin; kx < xs.end; ++kx) {
          const int64_t ix = q * window_.strides[1] - window_.pads.left + kx * window_.dilations[1];
          add_tap(dy_.data + row * dy_.row_stride, ky * window_.kernel[1] + kx,
                  dx_.data + ((n * height + iy) * width + ix) * dx_.row_stride);
        }
      }
    }
  }

  void add_tap(const float* dy, int64_t tap, float* dx) const {
    const int64_t outputs = weight_.shape()[0], inputs = weight_.shape()[3];
    for (int64_t o = 0; o < outputs; ++o) {
      const float* weight = weight_.data() + (o * window_.taps() + tap) * inputs;
      float* to = dx + o / (outputs / group_) * inputs;
      for (int64_t i = 0; i < inputs; ++i) to[i] += dy[o] * weight[i];
    }
  }

  // Input rows that no window reached: what is left where the stride does not divide.
  int64_t rest(size_t axis, int64_t input, int64_t output, int64_t pads) const {
    return input + pads - window_.extent(axis) - (output - 1) * window_.strides[axis];
  }

  Result<Variant*> variant(int64_t input_stride, int64_t output_stride) {
    for (Variant& v : variants_) {
      if (v.input_stride == input_stride && v.output_stride == output_stride) return &v;
    }
    TRY(const Tensor weight, transposed_weight(weight_, group_));
    const auto u32 = [](int64_t value) { return static_cast<uint32_t>(value); };
    xnn_operator_t raw = nullptr;
    TRY_STATUS(status_from_xnn(
        xnn_create_deconvolution2d_nhwc_f32(
            u32(window_.pads.top), u32(window_.pads.right), u32(window_.pads.bottom),
            u32(window_.pads.left), u32(window_.kernel[0]), u32(window_.kernel[1]),
            u32(window_.strides[0]), u32(window_.strides[1]), u32(window_.dilations[0]),
            u32(window_.dilations[1]), u32(group_), static_cast<size_t>(weight.shape()[3]),
            static_cast<size_t>(weight.shape()[0] / group_), static_cast<size_t>(input_stride),
            static_cast<size_t>(output_stride), weight.data(), bias_.data(),
            -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity(),
            /*flags=*/0, nullptr, nullptr, &raw),
        "packing a transposed convolution's weights"));
    variants_.push_back({input_stride, output_stride, XnnOperator(raw), {}});
    return &variants_.back();
  }

  Status reshape(const Arguments& to) {
    current_->arguments = {};
    TRY_STATUS(status_from_xnn(
        xnn_reshape_deconvolution2d_nhwc_f32(
            current_->op.get(), static_cast<size_t>(to.batch), static_cast<size_t>(to.height),
            static_cast<size_t>(to.width), static_cast<uint32_t>(to.rest_height),
            static_cast<uint32_t>(to.rest_width), nullptr, nullptr, to.pool),
        "shaping a transposed convolution"));
    current_->arguments = to;
    return {};
  }

  const WindowGeometry window_;
  const int64_t group_;
  const Tensor weight_, bias_;
  std::list<Variant> variants_;
  Variant* current_ = nullptr;  // null: too small for XNNPACK
  TensorView dy_, dx_;
};

// At stride 1 the transpose of a depthwise convolution is the depthwise convolution with the kernel
// turned by 180°.
Result<Tensor> turned_weight(const Tensor& weight) {
  TRY(Tensor turned, Tensor::uninitialised(weight.shape()));
  const int64_t taps = weight.shape()[1] * weight.shape()[2];
  for (int64_t c = 0; c < weight.shape()[0]; ++c) {
    std::reverse_copy(weight.data() + c * taps, weight.data() + (c + 1) * taps,
                      turned.data() + c * taps);
  }
  return turned;
}

WindowGeometry mirrored(const WindowGeometry& window) {
  WindowGeometry out = window;
  const int64_t reach_y = window.extent(0) - 1, reach_x = window.extent(1) - 1;
  out.pads = {reach_y - window.pads.top, reach_x - window.pads.left, reach_y - window.pads.bottom,
              reach_x - window.pads.right};
  return out;
}

}  // namespace

Result<KernelPtr> make_convolution_input_grad_kernel(const WindowGeometry& window, int64_t group,
                                                     Tensor weight, Tensor bias) {
  const Pads& pads = window.pads;
  if (weight.shape()[3] == 1 && weight.shape()[0] == group) {
    const bool mirrors = pads.top < window.extent(0) && pads.bottom < window.extent(0) &&
                         pads.left < window.extent(1) && pads.right < window.extent(1);
    if (window.unit_stride() && mirrors) {
      return make_convolution_kernel(mirrored(window), group, std::move(weight), std::move(bias),
                                     kNoClamp, turned_weight);
    }
    if (strided_depthwise_input_grad_exists(window, weight.shape()))
      return make_strided_depthwise_input_grad_kernel(window, weight, bias);
    return make_depthwise_input_grad_kernel(window, weight, std::move(bias));
  }
  if (window.taps() == 1 && window.unit_stride() && !pads.any()) {
    return make_convolution_kernel(
        window, group, std::move(weight), std::move(bias), kNoClamp,
        [group](const Tensor& w) { return transposed_weight(w, group); });
  }
  if (folding_pays(window, group, weight.shape()))
    return make_folded_input_grad_kernel(window, weight, std::move(bias));
  return std::make_unique<Deconvolution>(window, group, std::move(weight), std::move(bias));
}

}  // namespace convscope
