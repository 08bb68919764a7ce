#include "kernels/folded_input_grad.h"

#include <algorithm>
#include <limits>

#include "kernels/pool_walk.h"

namespace convscope {
namespace {

// Columns at a time: about what a second-level cache holds.
constexpr int64_t kColumnFloats = 1 << 17;

// Floats of a window as the product gives them: a row whose end is no vector's takes several times
// as long.
int64_t padded(int64_t floats) { return (floats + 15) / 16 * 16; }

// (O, floats), with zeros behind.
Result<Tensor> padded_weight(const Tensor& weight) {
  const int64_t outputs = weight.shape()[0], floats = weight.shape().elements() / outputs;
  if (padded(floats) == floats) return weight.reshaped({outputs, floats});
  TRY(Tensor out, Tensor::zeros({outputs, padded(floats)}));
  for (int64_t o = 0; o < outputs; ++o)
    std::copy_n(weight.data() + o * floats, floats, out.data() + o * padded(floats));
  return out;
}

// A window's line is short: one vector at a time leaves the least to the end.
void add(const float* __restrict from, float* __restrict to, int64_t count) {
#pragma clang loop vectorize_width(4) interleave(disable)
  for (int64_t i = 0; i < count; ++i) to[i] += from[i];
}

class FoldedInputGrad final : public Kernel {
 public:
  FoldedInputGrad(const WindowGeometry& window, int64_t channels, KernelPtr product, Tensor bias)
      : window_(window),
        channels_(channels),
        length_(padded(window.taps() * channels)),
        product_(std::move(product)),
        bias_(std::move(bias)) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    dy_ = inputs[0];
    dx_ = outputs[0];
    return {};
  }

  Status run(ThreadPool& pool) override {
    const int64_t width = dy_.shape[2];
    const int64_t lines = dy_.shape[0] * dy_.shape[1];
    const int64_t at_once = std::clamp<int64_t>(kColumnFloats / (width * length_), 1, lines);
    TRY(float* columns, pool.scratch(at_once * width * length_));
    clear(pool);
    for (int64_t line = 0; line < lines; line += at_once) {
      const int64_t end = std::min(line + at_once, lines);
      const TensorView from{dy_.data + line * width * dy_.row_stride,
                            Shape{(end - line) * width, dy_.shape[3]}, dy_.row_stride};
      const TensorView to{columns, Shape{(end - line) * width, length_}, length_};
      TRY_STATUS(product_->configure({&from, 1}, {&to, 1}, pool));
      TRY_STATUS(product_->run(pool));
      for (int64_t begin = line; begin < end;) {
        const int64_t image = begin / dy_.shape[1];
        const int64_t last = std::min(end, (image + 1) * dy_.shape[1]);
        fold(image, begin - image * dy_.shape[1], last - image * dy_.shape[1],
             columns + (begin - line) * width * length_, pool);
        begin = last;
      }
    }
    return {};
  }
  bool accepts_row_strides() const override { return true; }
  int64_t held_bytes() const override { return product_->held_bytes(); }

 private:
  void clear(ThreadPool& pool) const {
    pool.for_each_tile(static_cast<size_t>(dx_.shape.rows()), rows_per_tile(channels_),
                       [&](size_t begin, size_t end) {
                         for (auto row = static_cast<int64_t>(begin);
                              row < static_cast<int64_t>(end); ++row) {
                           float* dx = dx_.data + row * dx_.row_stride;
                           if (bias_.empty()) {
                             std::fill_n(dx, channels_, 0.0f);
                           } else {
                             std::ranges::copy(bias_.values(), dx);
                           }
                         }
                       });
  }

  // Adds the columns of dy's lines [begin, end) of one image. A thread owns lines of dx.
  void fold(int64_t image, int64_t begin, int64_t end, const float* columns,
            ThreadPool& pool) const {
    const int64_t height = dx_.shape[1];
    const int64_t stride = window_.strides[0], step = window_.dilations[0];
    const int64_t first = std::max<int64_t>(0, begin * stride - window_.pads.top);
    const int64_t last =
        std::min(height, (end - 1) * stride - window_.pads.top + window_.extent(0));
    if (first >= last) return;
    pool.for_each_tile(static_cast<size_t>(last - first), 4, [&](size_t low, size_t high) {
      for (auto y = first + static_cast<int64_t>(low); y < first + static_cast<int64_t>(high);
           ++y) {
        for (int64_t k = 0; k < window_.kernel[0]; ++k) {
          const int64_t start = y + window_.pads.top - k * step, p = start / stride;
          if (start < 0 || start % stride != 0 || p < begin || p >= end) continue;
          add_line(
              columns + (p - begin) * dy_.shape[2] * length_ + k * window_.kernel[1] * channels_,
              dx_.data + (image * height + y) * dx_.shape[2] * dx_.row_stride);
        }
      }
    });
  }

  // One line of windows, each `kernel[1]` pixels, to one line of dx. Windows that follow each other
  // overlap; those that do not are added first, so that no addition waits for the one before.
  void add_line(const float* columns, float* dx) const {
    const int64_t width = dx_.shape[2], outputs = dy_.shape[2];
    const int64_t stride = window_.strides[1], pad = window_.pads.left;
    const bool dense = window_.dilations[1] == 1 && dx_.row_stride == channels_;
    // Windows that lie within the picture: a division for each costs a fifth of a picture's
    // gradient.
    const int64_t inside = (pad + stride - 1) / stride;
    const int64_t beyond =
        width + pad < window_.extent(1) ? inside : (width + pad - window_.extent(1)) / stride + 1;
    const int64_t apart = (window_.extent(1) + stride - 1) / stride;
    for (int64_t pass = 0; pass < apart; ++pass) {
      for (int64_t q = pass; q < outputs; q += apart) {
        const TapRange taps = q >= inside && q < beyond ? TapRange{0, window_.kernel[1]}
                                                        : taps_within(window_, 1, q, pad, 0, width);
        const int64_t start = q * stride - pad;
        const float* from = columns + q * length_;
        if (dense) {
          add(from + taps.begin * channels_, dx + (start + taps.begin) * channels_,
              (taps.end - taps.begin) * channels_);
        } else {
          for (int64_t tap = taps.begin; tap < taps.end; ++tap) {
            add(from + tap * channels_, dx + (start + tap * window_.dilations[1]) * dx_.row_stride,
                channels_);
          }
        }
      }
    }
  }

  const WindowGeometry window_;
  const int64_t channels_;
  const int64_t length_;  // of a window's row in the product
  const KernelPtr product_;
  const Tensor bias_;
  TensorView dy_, dx_;
};

}  // namespace

bool folding_pays(const WindowGeometry& window, int64_t group, const Shape& weight) {
  const bool few_channels = weight[3] <= 4 && window.taps() > 1;
  return group == 1 && (few_channels || !window.unit_stride());
}

Result<KernelPtr> make_folded_input_grad_kernel(const WindowGeometry& window, const Tensor& weight,
                                                Tensor bias) {
  TRY(Tensor rows, padded_weight(weight));
  TRY(KernelPtr product, make_fully_connected_kernel(false, std::move(rows), Tensor(),
                                                     {-std::numeric_limits<float>::infinity(),
                                                      std::numeric_limits<float>::infinity()}));
  return std::make_unique<FoldedInputGrad>(window, weight.shape()[3], std::move(product),
                                           std::move(bias));
}

}  // namespace convscope
