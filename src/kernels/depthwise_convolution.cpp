// Several neighbouring pixels of a line at once: they share each weight, and most of what one sees
// the next sees too, so that a multiply-add needs half a load in place of two.
#include "kernels/depthwise_convolution.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "kernels/rows.h"
#include "kernels/vectors.h"

namespace convscope {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int kPixels = 4;
constexpr int kLargestKernel = 5;
constexpr int kMostColumns = 2 * (kPixels - 1) + kLargestKernel;  // at stride 2
// Channels whose weights stay in a first-level cache while a line is computed.
constexpr int64_t kTileChannels = 128;

// A few pixels of one line, channels [begin, end).
struct Line {
  // By row of the window that lies in the picture, then by column seen; zeros where the column lies
  // outside.
  std::array<std::array<const float*, kMostColumns>, kLargestKernel> columns;
  int rows = 0;
  const float* weight;  // of the first such row: blocks of channels, by tap
  const float* bias;    // null: none
  float* y;
  int64_t y_stride, begin, end, taps;
  OutputClamp clamp;
  bool clamps;
};

// Channels c … of `Pixels` pixels. `weight`'s taps lie `Step` floats apart.
template <typename V, int Kernel, int Stride, int Pixels, int Step>
CONVSCOPE_INLINE void pixels(const Line& line, const float* weight, int64_t c) {
  V sums[Pixels];
  for (int i = 0; i < Pixels; ++i) {
    sums[i] = V{};
    if (line.bias != nullptr) load(line.bias + c, sums[i]);
  }
  for (int row = 0; row < line.rows; ++row, weight += Kernel * Step) {
    V w[Kernel];
    for (int k = 0; k < Kernel; ++k) load(weight + k * Step, w[k]);
#pragma clang loop unroll(full)
    for (int column = 0; column < (Pixels - 1) * Stride + Kernel; ++column) {
      V x;
      load(line.columns[static_cast<size_t>(row)][static_cast<size_t>(column)] + c, x);
#pragma clang loop unroll(full)
      for (int i = 0; i < Pixels; ++i) {
        const int k = column - i * Stride;
        if (k >= 0 && k < Kernel) multiply_add_lanes(x, w[k], sums[i], sums[i]);
      }
    }
  }
  if (line.clamps) {
    for (int i = 0; i < Pixels; ++i) clamp_to(sums[i], line.clamp);
  }
  for (int i = 0; i < Pixels; ++i) store(sums[i], line.y + i * line.y_stride + c);
}

template <typename V, int Kernel, int Stride, int Pixels>
CONVSCOPE_INLINE void channels(const Line& line) {
  constexpr int kLanes = sizeof(V) / sizeof(float);
  int64_t c = line.begin;
  const auto weight = [&] { return line.weight + c / kLanes * kLanes * line.taps; };
  for (; c + kLanes <= line.end; c += kLanes)
    pixels<V, Kernel, Stride, Pixels, kLanes>(line, weight(), c);
  const float* rest = c < line.end ? weight() : nullptr;
  for (; c < line.end; ++c, ++rest) pixels<float, Kernel, Stride, Pixels, kLanes>(line, rest, c);
}

template <typename V, int Kernel, int Stride>
CONVSCOPE_INLINE void any_pixels(const Line& line, int64_t count) {
  switch (count) {
    case 4:
      return channels<V, Kernel, Stride, 4>(line);
    case 3:
      return channels<V, Kernel, Stride, 3>(line);
    case 2:
      return channels<V, Kernel, Stride, 2>(line);
    default:
      return channels<V, Kernel, Stride, 1>(line);
  }
}

template <typename V>
CONVSCOPE_INLINE void any_window(const Line& line, int64_t kernel, int64_t stride, int64_t count) {
  switch (10 * stride + kernel) {
    case 11:
      return any_pixels<V, 1, 1>(line, count);
    case 12:
      return any_pixels<V, 2, 1>(line, count);
    case 13:
      return any_pixels<V, 3, 1>(line, count);
    case 15:
      return any_pixels<V, 5, 1>(line, count);
    case 23:
      return any_pixels<V, 3, 2>(line, count);
    case 25:
      return any_pixels<V, 5, 2>(line, count);
    default:
      CHECK(false);
  }
}

#ifdef __x86_64__
[[gnu::target("avx2,fma")]] void run_avx2(const Line& line, int64_t kernel, int64_t stride,
                                          int64_t count) {
  any_window<Eight>(line, kernel, stride, count);
}
#endif
void run_plain(const Line& line, int64_t kernel, int64_t stride, int64_t count) {
  any_window<Four>(line, kernel, stride, count);
}

// Computes pixels of a line, each from a window of another picture.
class Lines {
 public:
  // `weight(c, k, l)` gives the weights of a window of height × width.
  template <typename Weight>
  Lines(int64_t channels, int64_t height, int64_t width, int64_t stride, const Weight& weight,
        Tensor bias, OutputClamp clamp)
      : height_(height), width_(width), stride_(stride), bias_(std::move(bias)), clamp_(clamp) {
#ifdef __x86_64__
    if (has_avx2()) {
      lanes_ = 8;
      run_ = run_avx2;
    }
#endif
    const int64_t taps = height * width;
    weight_.resize(static_cast<size_t>((channels + lanes_ - 1) / lanes_ * lanes_ * taps));
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        weight_[static_cast<size_t>((c / lanes_ * taps + tap) * lanes_ + c % lanes_)] =
            weight(c, tap / width, tap % width);
      }
    }
    zeros_.resize(static_cast<size_t>(channels));
  }

  // `count` pixels at y, y + y_stride, …: the i-th sees image n of x from (top, left + i·stride)
  // on. Outside x there are zeros.
  void run(const TensorView& x, int64_t n, int64_t top, int64_t left, float* y, int64_t y_stride,
           int64_t count) const {
    const int64_t first = std::clamp<int64_t>(-top, 0, height_);
    const int64_t last = std::clamp<int64_t>(x.shape[1] - top, first, height_);
    Line line{.rows = static_cast<int>(last - first),
              .weight = weight_.data() + first * width_ * lanes_,
              .bias = bias_.empty() ? nullptr : bias_.data(),
              .y_stride = y_stride,
              .taps = height_ * width_,
              .clamp = clamp_,
              .clamps = clamp_.minimum > -kInfinity || clamp_.maximum < kInfinity};
    const auto channels = static_cast<int64_t>(zeros_.size());
    for (int64_t begin = 0; begin < channels; begin += kTileChannels) {
      line.begin = begin;
      line.end = std::min(begin + kTileChannels, channels);
      for (int64_t i = 0; i < count; i += kPixels) {
        const int64_t at_once = std::min<int64_t>(kPixels, count - i);
        see(x, n, top + first, left + i * stride_, (at_once - 1) * stride_ + width_, &line);
        line.y = y + i * y_stride;
        run_(line, width_, stride_, at_once);
      }
    }
  }

  int64_t held_bytes() const {
    return static_cast<int64_t>(weight_.size() + zeros_.size()) * int64_t{sizeof(float)};
  }

 private:
  // Lets the line see `count` columns of x from (top, left) on.
  void see(const TensorView& x, int64_t n, int64_t top, int64_t left, int64_t count,
           Line* line) const {
    const int64_t width = x.shape[2];
    for (int row = 0; row < line->rows; ++row) {
      const float* pixels = x.data + (n * x.shape[1] + top + row) * width * x.row_stride;
      auto& columns = line->columns[static_cast<size_t>(row)];
      for (int64_t i = 0; i < count; ++i) {
        const int64_t column = left + i;
        columns[static_cast<size_t>(i)] =
            column >= 0 && column < width ? pixels + column * x.row_stride : zeros_.data();
      }
    }
  }

  const int64_t height_, width_, stride_;
  const Tensor bias_;
  const OutputClamp clamp_;
  int64_t lanes_ = 4;
  void (*run_)(const Line&, int64_t, int64_t, int64_t) = run_plain;
  std::vector<float> weight_;  // (C / lanes, height·width, lanes)
  std::vector<float> zeros_;   // (C)
};

class OwnDepthwise final : public Kernel {
 public:
  OwnDepthwise(const WindowGeometry& window, const Tensor& weight, Tensor bias, OutputClamp clamp)
      : window_(window),
        lines_(
            weight.shape()[0], window.kernel[0], window.kernel[1], window.strides[0],
            [&](int64_t c, int64_t k, int64_t l) {
              return weight.data()[(c * window.kernel[0] + k) * window.kernel[1] + l];
            },
            std::move(bias), clamp) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    y_ = outputs[0];
    return {};
  }
  Status run(ThreadPool& pool) override {
    const int64_t height = y_.shape[1], width = y_.shape[2];
    for_each_line(y_.shape, pool, [&](int64_t n, int64_t oy) {
      lines_.run(x_, n, oy * window_.strides[0] - window_.pads.top, -window_.pads.left,
                 y_.data + (n * height + oy) * width * y_.row_stride, y_.row_stride, width);
    });
    return {};
  }
  bool accepts_row_strides() const override { return true; }
  int64_t held_bytes() const override { return lines_.held_bytes(); }

 private:
  const WindowGeometry window_;
  const Lines lines_;
  TensorView x_, y_;
};

// At stride 2, pixels of dx that lie two apart see dy through the same taps, every other one of the
// kernel; so there are four convolutions of stride 1, one for even and odd rows and columns.
class StridedInputGrad final : public Kernel {
 public:
  StridedInputGrad(const WindowGeometry& window, const Tensor& weight, const Tensor& bias)
      : window_(window) {
    for (int64_t phase = 0; phase < 4; ++phase) {
      const int64_t row = phase / 2, column = phase % 2, height = taps(row), width = taps(column);
      phases_.emplace_back(
          weight.shape()[0], height, width, 1,
          [&](int64_t c, int64_t k, int64_t l) {  // the last tap sees the first pixel of dy
            const int64_t ky = row + 2 * (height - 1 - k), kx = column + 2 * (width - 1 - l);
            return weight.data()[(c * window.kernel[0] + ky) * window.kernel[1] + kx];
          },
          bias, OutputClamp{-kInfinity, kInfinity});
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
  int64_t held_bytes() const override {
    int64_t bytes = 0;
    for (const Lines& phase : phases_) bytes += phase.held_bytes();
    return bytes;
  }

 private:
  // Of the kernel's, those that a phase sees: phase, phase + 2, …
  int64_t taps(int64_t phase) const { return (window_.kernel[0] - phase + 1) / 2; }

  void run_line(int64_t n, int64_t iy) const {
    const int64_t width = dx_.shape[2];
    const int64_t y = iy + window_.pads.top, phase_y = y % 2;
    for (int64_t phase_x = 0; phase_x < 2; ++phase_x) {
      const int64_t first = (window_.pads.left + phase_x) % 2;
      const int64_t x = first + window_.pads.left;
      phases_[static_cast<size_t>(2 * phase_y + phase_x)].run(
          dy_, n, y / 2 - (taps(phase_y) - 1), x / 2 - (taps(phase_x) - 1),
          dx_.data + ((n * dx_.shape[1] + iy) * width + first) * dx_.row_stride, 2 * dx_.row_stride,
          (width - first + 1) / 2);
    }
  }

  const WindowGeometry window_;
  std::vector<Lines> phases_;
  TensorView dy_, dx_;
};

bool known(const WindowGeometry& window, const Shape& weight) {
  const int64_t kernel = window.kernel[0], stride = window.strides[0];
  return weight[3] == 1 && (kernel == 3 || kernel == 5) && window.kernel[1] == kernel &&
         (stride == 1 || stride == 2) && window.strides[1] == stride && window.undilated();
}

}  // namespace

bool own_depthwise_pays(const WindowGeometry& window, const Shape& weight) {
#ifndef __wasm__
  // XNNPACK's are twice as wide on some processors; then ours win only where the weights that it
  // fetches for every pixel leave the first-level cache.
  constexpr int64_t kFewWeights = 8192;
  if (weight.elements() < kFewWeights) return false;
#endif
  return known(window, weight);
}

KernelPtr make_own_depthwise_kernel(const WindowGeometry& window, const Tensor& weight, Tensor bias,
                                    OutputClamp clamp) {
  return std::make_unique<OwnDepthwise>(window, weight, std::move(bias), clamp);
}

bool strided_depthwise_input_grad_exists(const WindowGeometry& window, const Shape& weight) {
  return known(window, weight) && window.strides[0] == 2;
}

KernelPtr make_strided_depthwise_input_grad_kernel(const WindowGeometry& window,
                                                   const Tensor& weight, const Tensor& bias) {
  return std::make_unique<StridedInputGrad>(window, weight, bias);
}

}  // namespace convscope
