// The gradient of max pooling. XNNPACK's argmax pooling has no stride and no overlap, so this is
// our own.
#include <limits>

#include "kernels/kernels.h"
#include "kernels/pool_walk.h"

namespace convscope {
namespace {

// Every output pixel sends dy to the first maximum of its window (in row-major window order, as
// PyTorch does). A thread owns a band of input rows: it visits all windows that reach into the band
// and writes inside it only.
class MaxPoolGrad final : public Kernel {
 public:
  explicit MaxPoolGrad(const WindowGeometry& window) : window_(window) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    dy_ = inputs[1];
    dx_ = outputs[0];
    return {};
  }

  Status run(ThreadPool& pool) override {
    const Shape& shape = x_.shape;
    for_each_band(shape[0], shape[1], shape[2] * shape[3], pool,
                  [&](int64_t n, int64_t begin, int64_t end) { run_band(n, begin, end); });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  // One window's taps: addresses of x, and of dx where the tap lies in the band (else null).
  struct Tap {
    const float* x;
    float* dx;
  };

  void run_band(int64_t n, int64_t begin, int64_t end) const {
    const int64_t height = x_.shape[1], width = x_.shape[2], channels = x_.shape[3];
    for (int64_t row = (n * height + begin) * width; row < (n * height + end) * width; ++row) {
      std::fill_n(dx_.data + row * dx_.row_stride, channels, 0.0f);
    }
    const TapRange outputs =
        outputs_reaching(window_, 0, window_.pads.top, begin, end, dy_.shape[1]);
    std::vector<Tap> taps;
    for (int64_t oy = outputs.begin; oy < outputs.end; ++oy) {
      const TapRange ys = taps_within(window_, 0, oy, window_.pads.top, 0, height);
      for (int64_t ox = 0; ox < dy_.shape[2]; ++ox) {
        const TapRange xs = taps_within(window_, 1, ox, window_.pads.left, 0, width);
        taps.clear();
        for (int64_t ky = ys.begin; ky < ys.end; ++ky) {
          const int64_t iy = oy * window_.strides[0] - window_.pads.top + ky * window_.dilations[0];
          for (int64_t kx = xs.begin; kx < xs.end; ++kx) {
            const int64_t ix =
                ox * window_.strides[1] - window_.pads.left + kx * window_.dilations[1];
            const int64_t row = (n * height + iy) * width + ix;
            taps.push_back({x_.data + row * x_.row_stride,
                            iy >= begin && iy < end ? dx_.data + row * dx_.row_stride : nullptr});
          }
        }
        const float* dy = dy_.data + ((n * dy_.shape[1] + oy) * dy_.shape[2] + ox) * dy_.row_stride;
        int64_t c = 0;
        for (; c + kBlock <= channels; c += kBlock) add_window<kBlock>(taps, dy, c);
        for (; c < channels; ++c) add_window<1>(taps, dy, c);
      }
    }
  }

  // `Count` channels at a time, so that maxima and switches stay in registers.
  template <int64_t Count>
  static void add_window(std::span<const Tap> taps, const float* dy, int64_t c) {
    std::array<float, Count> best;
    std::array<int32_t, Count> first;
    best.fill(-std::numeric_limits<float>::infinity());
    first.fill(0);
    for (size_t t = 0; t < taps.size(); ++t) {
      const float* x = taps[t].x + c;
      const auto index = static_cast<int32_t>(t);
      for (size_t i = 0; i < Count; ++i) {
        const float value = x[i];
        const bool larger = value > best[i];
        best[i] = larger ? value : best[i];
        first[i] = larger ? index : first[i];
      }
    }
    std::array<float, Count> gradient;
    std::copy_n(dy + c, Count, gradient.begin());
    for (size_t t = 0; t < taps.size(); ++t) {
      if (taps[t].dx == nullptr) continue;
      float* dx = taps[t].dx + c;
      const auto index = static_cast<int32_t>(t);
      for (size_t i = 0; i < Count; ++i) dx[i] += first[i] == index ? gradient[i] : 0.0f;
    }
  }

  const WindowGeometry window_;
  TensorView x_, dy_, dx_;
};

}  // namespace

KernelPtr make_max_pool_grad_kernel(const WindowGeometry& window) {
  return std::make_unique<MaxPoolGrad>(window);
}

}  // namespace convscope
