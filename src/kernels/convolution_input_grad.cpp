// The input gradient of a convolution: the transposed convolution, in XNNPACK's fastest form for each case.
#include <list>

#include "kernels/kernels.h"
#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

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
  Deconvolution(const WindowGeometry& window, int64_t group, Tensor weight)
      : window_(window), group_(group), weight_(std::move(weight)) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    const TensorView &dy = inputs[0], &dx = outputs[0];
    TRY(current_, variant(dy.row_stride, dx.row_stride));
    Arguments wanted{dy.shape[0], dy.shape[1], dy.shape[2], 0, 0, pool.handle(), pool.threads()};
    wanted.rest_height = rest(0, dx.shape[1], dy.shape[1], window_.pads.top + window_.pads.bottom);
    wanted.rest_width = rest(1, dx.shape[2], dy.shape[2], window_.pads.left + window_.pads.right);
    CHECK(wanted.rest_height >= 0 && wanted.rest_height < window_.strides[0]);
    CHECK(wanted.rest_width >= 0 && wanted.rest_width < window_.strides[1]);
    if (current_->arguments != wanted) {
      // XNNPACK keeps its table of input rows when the input size stays, although the output size may not.
      if (current_->arguments.height == wanted.height && current_->arguments.width == wanted.width) {
        Arguments other = wanted;
        ++other.height;
        TRY_STATUS(reshape(other));
      }
      TRY_STATUS(reshape(wanted));
    }
    return status_from_xnn(xnn_setup_deconvolution2d_nhwc_f32(current_->op.get(), dy.data, dx.data),
                           "setting up a transposed convolution");
  }

  Status run(ThreadPool& pool) override { return run_xnn(current_->op, pool.handle()); }
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
            u32(window_.pads.top), u32(window_.pads.right), u32(window_.pads.bottom), u32(window_.pads.left),
            u32(window_.kernel[0]), u32(window_.kernel[1]), u32(window_.strides[0]), u32(window_.strides[1]),
            u32(window_.dilations[0]), u32(window_.dilations[1]), u32(group_),
            static_cast<size_t>(weight.shape()[3]), static_cast<size_t>(weight.shape()[0] / group_),
            static_cast<size_t>(input_stride), static_cast<size_t>(output_stride), weight.data(), nullptr,
            -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity(), /*flags=*/0, nullptr,
            nullptr, &raw),
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
  const Tensor weight_;
  std::list<Variant> variants_;
  Variant* current_ = nullptr;
};

// At stride 1 the transpose of a depthwise convolution is the depthwise convolution with the kernel turned by 180°.
Result<KernelPtr> make_flipped_depthwise(const WindowGeometry& window, const Tensor& weight) {
  TRY(Tensor flipped, Tensor::uninitialised(weight.shape()));
  const int64_t taps = window.taps();
  for (int64_t c = 0; c < weight.shape()[0]; ++c) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      flipped.data()[c * taps + tap] = weight.data()[c * taps + taps - 1 - tap];
    }
  }
  WindowGeometry mirrored = window;
  const int64_t reach_y = window.extent(0) - 1, reach_x = window.extent(1) - 1;
  mirrored.pads = {reach_y - window.pads.top, reach_x - window.pads.left, reach_y - window.pads.bottom,
                   reach_x - window.pads.right};
  return make_convolution_kernel(mirrored, weight.shape()[0], std::move(flipped), Tensor(),
                                 {-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()});
}

}  // namespace

Result<KernelPtr> make_convolution_input_grad_kernel(const WindowGeometry& window, int64_t group, Tensor weight) {
  const Pads& pads = window.pads;
  if (weight.shape()[3] == 1 && weight.shape()[0] == group) {
    const bool mirrors = pads.top < window.extent(0) && pads.bottom < window.extent(0) &&
                         pads.left < window.extent(1) && pads.right < window.extent(1);
    if (window.unit_stride() && mirrors) return make_flipped_depthwise(window, weight);
    return make_depthwise_input_grad_kernel(window, weight);
  }
  if (window.taps() == 1 && window.unit_stride() && !pads.any()) {
    TRY(Tensor transposed, transposed_weight(weight, group));
    return make_convolution_kernel(
        window, group, std::move(transposed), Tensor(),
        {-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()});
  }
  return std::make_unique<Deconvolution>(window, group, std::move(weight));
}

}  // namespace convscope
