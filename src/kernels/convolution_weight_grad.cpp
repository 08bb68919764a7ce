// The weight gradient of a convolution: for each tap of the window, dy^T times the pixels that the
// tap saw. Every call of a thread owns its weights, so that nothing is locked; sums run in float
// over one row of a picture and in double over rows.
#include "kernels/kernels.h"
#include "kernels/pool_walk.h"

namespace convscope {
namespace {

constexpr int64_t kOutputBlock = 4;

class ConvolutionWeightGrad final : public Kernel {
 public:
  ConvolutionWeightGrad(const WindowGeometry& window, int64_t group)
      : window_(window), group_(group) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    dy_ = inputs[1];
    dw_ = outputs[0];
    return {};
  }

  Status run(ThreadPool& pool) override {
    const int64_t taps = window_.taps(), group_outputs = dw_.shape[0] / group_;
    if (group_outputs == 1 && dw_.shape[3] == 1) {
      const int64_t blocks = (group_ + kBlock - 1) / kBlock;
      each(taps * blocks, pool, [&](int64_t i) { depthwise(i % taps, i / taps * kBlock); });
      return {};
    }
    const int64_t blocks = (group_outputs + kOutputBlock - 1) / kOutputBlock;
    each(group_ * blocks * taps, pool, [&](int64_t i) {
      const int64_t g = i / taps / blocks, first = i / taps % blocks * kOutputBlock;
      const int64_t begin = g * group_outputs + first;
      if (first + kOutputBlock <= group_outputs) return dense<kOutputBlock>(i % taps, g, begin);
      for (int64_t o = begin; o < (g + 1) * group_outputs; ++o) dense<1>(i % taps, g, o);
    });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  template <typename Body>
  static void each(int64_t count, ThreadPool& pool, const Body& body) {
    pool.for_each_tile(static_cast<size_t>(count), 1, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) body(static_cast<int64_t>(i));
    });
  }

  // Output positions along an axis whose tap `k` lies inside the picture: [begin, end).
  TapRange inside(size_t axis, int64_t k, int64_t pad, int64_t input, int64_t output) const {
    const int64_t stride = window_.strides[axis], offset = pad - k * window_.dilations[axis];
    const auto first_at = [stride](int64_t position) {
      return position <= 0 ? 0 : (position + stride - 1) / stride;
    };
    const int64_t end = std::min(first_at(input + offset), output);
    return {std::min(first_at(offset), end), end};
  }

  // Calls body(dy, x, count): the row of outputs that see a row of the picture through a tap.
  // `count` pixels stand dy_.row_stride and strides[1] · x_.row_stride apart.
  template <typename Body>
  void for_each_seen_row(int64_t tap, const Body& body) const {
    const int64_t ky = tap / window_.kernel[1], kx = tap % window_.kernel[1];
    const TapRange ps = inside(0, ky, window_.pads.top, x_.shape[1], dy_.shape[1]);
    const TapRange qs = inside(1, kx, window_.pads.left, x_.shape[2], dy_.shape[2]);
    if (qs.begin >= qs.end) return;
    const int64_t ix =
        qs.begin * window_.strides[1] - window_.pads.left + kx * window_.dilations[1];
    for (int64_t n = 0; n < x_.shape[0]; ++n) {
      for (int64_t p = ps.begin; p < ps.end; ++p) {
        const int64_t iy = p * window_.strides[0] - window_.pads.top + ky * window_.dilations[0];
        body(dy_.data + ((n * dy_.shape[1] + p) * dy_.shape[2] + qs.begin) * dy_.row_stride,
             x_.data + ((n * x_.shape[1] + iy) * x_.shape[2] + ix) * x_.row_stride,
             qs.end - qs.begin);
      }
    }
  }

  // Weights of `Outputs` output channels from `o` on, at one tap.
  template <int64_t Outputs>
  void dense(int64_t tap, int64_t g, int64_t o) const {
    const int64_t inputs = dw_.shape[3];
    std::vector<double> totals(static_cast<size_t>(Outputs * inputs));
    for_each_seen_row(tap, [&](const float* dy, const float* x, int64_t count) {
      int64_t i = 0;
      for (; i + kBlock <= inputs; i += kBlock)
        add_row<Outputs, kBlock>(dy + o, x + g * inputs + i, count, totals.data() + i);
      for (; i < inputs; ++i)
        add_row<Outputs, 1>(dy + o, x + g * inputs + i, count, totals.data() + i);
    });
    for (int64_t k = 0; k < Outputs; ++k) {
      float* to = dw_.data + ((o + k) * window_.taps() + tap) * dw_.row_stride;
      for (int64_t i = 0; i < inputs; ++i)
        to[i] = static_cast<float>(totals[static_cast<size_t>(k * inputs + i)]);
    }
  }

  template <int64_t Outputs, int64_t Inputs>
  void add_row(const float* dy, const float* x, int64_t count, double* totals) const {
    std::array<std::array<float, Inputs>, Outputs> sums{};
    const int64_t x_step = window_.strides[1] * x_.row_stride;
    for (int64_t q = 0; q < count; ++q, dy += dy_.row_stride, x += x_step) {
      for (size_t k = 0; k < Outputs; ++k) {
        for (size_t i = 0; i < Inputs; ++i) sums[k][i] += dy[k] * x[i];
      }
    }
    for (size_t k = 0; k < Outputs; ++k) {
      for (size_t i = 0; i < Inputs; ++i)
        totals[static_cast<int64_t>(k) * dw_.shape[3] + static_cast<int64_t>(i)] +=
            static_cast<double>(sums[k][i]);
    }
  }

  // One tap of up to kBlock channels that each see themselves alone.
  void depthwise(int64_t tap, int64_t begin) const {
    const int64_t channels = std::min(kBlock, group_ - begin);
    std::array<double, kBlock> totals{};
    const int64_t x_step = window_.strides[1] * x_.row_stride;
    for_each_seen_row(tap, [&](const float* dy, const float* x, int64_t count) {
      std::array<float, kBlock> sums{};
      for (int64_t q = 0; q < count; ++q) {
        const float *dy_pixel = dy + q * dy_.row_stride + begin, *pixel = x + q * x_step + begin;
        for (int64_t c = 0; c < channels; ++c)
          sums[static_cast<size_t>(c)] += dy_pixel[c] * pixel[c];
      }
      for (size_t c = 0; c < sums.size(); ++c) totals[c] += static_cast<double>(sums[c]);
    });
    for (int64_t c = 0; c < channels; ++c)
      dw_.data[((begin + c) * window_.taps() + tap) * dw_.row_stride] =
          static_cast<float>(totals[static_cast<size_t>(c)]);
  }

  const WindowGeometry window_;
  const int64_t group_;
  TensorView x_, dy_, dw_;
};

}  // namespace

KernelPtr make_convolution_weight_grad_kernel(const WindowGeometry& window, int64_t group) {
  return std::make_unique<ConvolutionWeightGrad>(window, group);
}

}  // namespace convscope
