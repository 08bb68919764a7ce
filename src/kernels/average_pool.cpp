// Average pooling and its gradient, over a window and over the whole picture. Our own loops:
// XNNPACK's average pooling knows neither dilation nor counted pads, and all of this is bound by
// memory.
#include "kernels/kernels.h"
#include "kernels/pool_walk.h"

namespace convscope {
namespace {

// One over the number of elements that the window at `output` averages along an axis; 0 where there
// are none. The count of a window is the product of its counts along both axes.
float inverse_count(const WindowGeometry& window, size_t axis, int64_t output, int64_t size,
                    bool include_pad) {
  const int64_t begin_pad = axis == 0 ? window.pads.top : window.pads.left;
  const int64_t end_pad = axis == 0 ? window.pads.bottom : window.pads.right;
  const TapRange counted =
      taps_within(window, axis, output, begin_pad, include_pad ? -begin_pad : 0,
                  include_pad ? size + end_pad : size);
  const int64_t count = counted.end - counted.begin;
  return count > 0 ? 1.0f / static_cast<float>(count) : 0.0f;
}

class AveragePool final : public Kernel {
 public:
  AveragePool(const WindowGeometry& window, bool include_pad)
      : window_(window), include_pad_(include_pad) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    y_ = outputs[0];
    return {};
  }
  Status run(ThreadPool& pool) override {
    for_each_line(y_.shape, pool, [&](int64_t n, int64_t oy) { run_line(n, oy); });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  void run_line(int64_t n, int64_t oy) const {
    const int64_t height = x_.shape[1], width = x_.shape[2], channels = x_.shape[3];
    const TapRange ys = taps_within(window_, 0, oy, window_.pads.top, 0, height);
    const float scale_y = inverse_count(window_, 0, oy, height, include_pad_);
    for (int64_t ox = 0; ox < y_.shape[2]; ++ox) {
      const TapRange xs = taps_within(window_, 1, ox, window_.pads.left, 0, width);
      const float scale = scale_y * inverse_count(window_, 1, ox, width, include_pad_);
      float* y = y_.data + ((n * y_.shape[1] + oy) * y_.shape[2] + ox) * y_.row_stride;
      std::fill_n(y, channels, 0.0f);
      for (int64_t ky = ys.begin; ky < ys.end; ++ky) {
        const int64_t iy = oy * window_.strides[0] - window_.pads.top + ky * window_.dilations[0];
        for (int64_t kx = xs.begin; kx < xs.end; ++kx) {
          const int64_t ix =
              ox * window_.strides[1] - window_.pads.left + kx * window_.dilations[1];
          const float* x = x_.data + ((n * height + iy) * width + ix) * x_.row_stride;
          for (int64_t c = 0; c < channels; ++c) y[c] += x[c];
        }
      }
      for (int64_t c = 0; c < channels; ++c) y[c] *= scale;
    }
  }

  const WindowGeometry window_;
  const bool include_pad_;
  TensorView x_, y_;
};

// Threads own bands of input rows and visit the windows that reach into them.
class AveragePoolGrad final : public Kernel {
 public:
  AveragePoolGrad(const WindowGeometry& window, bool include_pad)
      : window_(window), include_pad_(include_pad) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    dy_ = inputs[0];
    dx_ = outputs[0];
    return {};
  }
  Status run(ThreadPool& pool) override {
    const Shape& shape = dx_.shape;
    for_each_band(shape[0], shape[1], shape[2] * shape[3], pool,
                  [&](int64_t n, int64_t begin, int64_t end) { run_band(n, begin, end); });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  void run_band(int64_t n, int64_t begin, int64_t end) const {
    const int64_t height = dx_.shape[1], width = dx_.shape[2], channels = dx_.shape[3];
    for (int64_t row = (n * height + begin) * width; row < (n * height + end) * width; ++row) {
      std::fill_n(dx_.data + row * dx_.row_stride, channels, 0.0f);
    }
    const TapRange outputs =
        outputs_reaching(window_, 0, window_.pads.top, begin, end, dy_.shape[1]);
    for (int64_t oy = outputs.begin; oy < outputs.end; ++oy) {
      const TapRange ys = taps_within(window_, 0, oy, window_.pads.top, begin, end);
      const float scale_y = inverse_count(window_, 0, oy, height, include_pad_);
      for (int64_t ox = 0; ox < dy_.shape[2]; ++ox) {
        const TapRange xs = taps_within(window_, 1, ox, window_.pads.left, 0, width);
        const float scale = scale_y * inverse_count(window_, 1, ox, width, include_pad_);
        const float* dy = dy_.data + ((n * dy_.shape[1] + oy) * dy_.shape[2] + ox) * dy_.row_stride;
        for (int64_t ky = ys.begin; ky < ys.end; ++ky) {
          const int64_t iy = oy * window_.strides[0] - window_.pads.top + ky * window_.dilations[0];
          for (int64_t kx = xs.begin; kx < xs.end; ++kx) {
            const int64_t ix =
                ox * window_.strides[1] - window_.pads.left + kx * window_.dilations[1];
            float* dx = dx_.data + ((n * height + iy) * width + ix) * dx_.row_stride;
            for (int64_t c = 0; c < channels; ++c) dx[c] += dy[c] * scale;
          }
        }
      }
    }
  }

  const WindowGeometry window_;
  const bool include_pad_;
  TensorView dy_, dx_;
};

// Each channel sums blocks of rows first and then the blocks, so that no long chain of float
// additions loses digits.
class GlobalAveragePool final : public Kernel {
 public:
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    y_ = outputs[0];
    return {};
  }
  Status run(ThreadPool& pool) override {
    constexpr int64_t kChannels = 256;
    const int64_t channels = x_.shape[3], tiles = (channels + kChannels - 1) / kChannels;
    pool.for_each_tile(static_cast<size_t>(x_.shape[0] * tiles), 1, [&](size_t begin, size_t end) {
      for (auto i = static_cast<int64_t>(begin); i < static_cast<int64_t>(end); ++i) {
        const int64_t first = i % tiles * kChannels;
        average(i / tiles, first, std::min(kChannels, channels - first));
      }
    });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  void average(int64_t n, int64_t first, int64_t count) const {
    constexpr int64_t kRows = 32;
    const int64_t pixels = x_.shape[1] * x_.shape[2];
    const float* x = x_.data + n * pixels * x_.row_stride + first;
    float* y = y_.data + n * y_.row_stride + first;
    std::array<float, 256> partial;
    std::fill_n(y, count, 0.0f);
    for (int64_t block = 0; block < pixels; block += kRows) {
      partial.fill(0.0f);
      for (int64_t row = block; row < std::min(block + kRows, pixels); ++row) {
        for (int64_t c = 0; c < count; ++c)
          partial[static_cast<size_t>(c)] += x[row * x_.row_stride + c];
      }
      for (int64_t c = 0; c < count; ++c) y[c] += partial[static_cast<size_t>(c)];
    }
    const float scale = 1.0f / static_cast<float>(pixels);
    for (int64_t c = 0; c < count; ++c) y[c] *= scale;
  }

  TensorView x_, y_;
};

}  // namespace

KernelPtr make_average_pool_kernel(const WindowGeometry& window, bool count_include_pad) {
  return std::make_unique<AveragePool>(window, count_include_pad);
}
KernelPtr make_average_pool_grad_kernel(const WindowGeometry& window, bool count_include_pad) {
  return std::make_unique<AveragePoolGrad>(window, count_include_pad);
}
KernelPtr make_global_average_pool_kernel() { return std::make_unique<GlobalAveragePool>(); }

}  // namespace convscope
