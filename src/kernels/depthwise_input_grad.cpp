// The input gradient of a depthwise convolution of any stride: each input pixel gathers from the
// outputs that saw it.
#include "kernels/kernels.h"
#include "kernels/rows.h"

namespace convscope {
namespace {

class DepthwiseInputGrad final : public Kernel {
 public:
  DepthwiseInputGrad(const WindowGeometry& window, const Tensor& weight, Tensor bias)
      : window_(window), bias_(std::move(bias)) {
    const int64_t channels = weight.shape()[0], taps = window.taps();
    weight_.resize(static_cast<size_t>(channels * taps));
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        weight_[static_cast<size_t>(tap * channels + c)] = weight.data()[c * taps + tap];
      }
    }
  }

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    dy_ = inputs[0];
    dx_ = outputs[0];
    return {};
  }

  Status run(ThreadPool& pool) override {
    for_each_line(dx_.shape, pool, [&](int64_t n, int64_t iy) { run_line(n, iy); });
    return {};
  }
  bool accepts_row_strides() const override { return true; }
  int64_t held_bytes() const override { return static_cast<int64_t>(weight_.size()) * 4; }

 private:
  struct Tap {
    const float *dy, *weight;
  };

  // Output that sees `input` through tap `k` along an axis, or -1.
  int64_t output_of(size_t axis, int64_t input, int64_t pad, int64_t k, int64_t outputs) const {
    const int64_t start = input + pad - k * window_.dilations[axis];
    const int64_t stride = window_.strides[axis];
    return start >= 0 && start % stride == 0 && start / stride < outputs ? start / stride : -1;
  }

  void run_line(int64_t n, int64_t iy) const {
    const int64_t channels = dx_.shape[3];
    std::vector<Tap> taps;
    taps.reserve(static_cast<size_t>(window_.taps()));
    for (int64_t ix = 0; ix < dx_.shape[2]; ++ix) {
      taps.clear();
      for (int64_t ky = 0; ky < window_.kernel[0]; ++ky) {
        const int64_t oy = output_of(0, iy, window_.pads.top, ky, dy_.shape[1]);
        if (oy < 0) continue;
        for (int64_t kx = 0; kx < window_.kernel[1]; ++kx) {
          const int64_t ox = output_of(1, ix, window_.pads.left, kx, dy_.shape[2]);
          if (ox < 0) continue;
          taps.push_back({dy_.data + ((n * dy_.shape[1] + oy) * dy_.shape[2] + ox) * dy_.row_stride,
                          weight_.data() + (ky * window_.kernel[1] + kx) * channels});
        }
      }
      float* dx = dx_.data + ((n * dx_.shape[1] + iy) * dx_.shape[2] + ix) * dx_.row_stride;
      int64_t c = 0;
      for (; c + kBlock <= channels; c += kBlock) gather<kBlock>(taps, dx, c);
      for (; c < channels; ++c) gather<1>(taps, dx, c);
    }
  }

  template <int64_t Count>
  void gather(std::span<const Tap> taps, float* dx, int64_t c) const {
    std::array<float, Count> sum{};
    if (!bias_.empty()) std::copy_n(bias_.data() + c, Count, sum.begin());
    for (const Tap& tap : taps) {
      const float *dy = tap.dy + c, *weight = tap.weight + c;
      for (size_t i = 0; i < Count; ++i) sum[i] += dy[i] * weight[i];
    }
    for (size_t i = 0; i < Count; ++i) dx[c + static_cast<int64_t>(i)] = sum[i];
  }

  const WindowGeometry window_;
  std::vector<float> weight_;  // (KH, KW, C)
  const Tensor bias_;
  TensorView dy_, dx_;
};

}  // namespace

KernelPtr make_depthwise_input_grad_kernel(const WindowGeometry& window, const Tensor& weight,
                                           Tensor bias) {
  return std::make_unique<DepthwiseInputGrad>(window, weight, std::move(bias));
}

}  // namespace convscope
