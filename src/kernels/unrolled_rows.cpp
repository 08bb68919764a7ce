#include "kernels/unrolled_rows.h"

#include <algorithm>

namespace convscope {
namespace {

// The part of a window row at output column `q` that lies inside the picture: taps [begin, end).
struct RowPart {
  int64_t begin, end, first_column;
};

RowPart row_part(const WindowGeometry& window, int64_t q, int64_t width) {
  const int64_t start = q * window.strides[1] - window.pads.left;
  const int64_t begin = std::min(std::max<int64_t>(0, -start), window.kernel[1]);
  const int64_t end = std::max(begin, std::min(window.kernel[1], width - start));
  return {begin, end, start};
}

WindowGeometry column_window(const WindowGeometry& window) {
  return {{window.kernel[0], 1},
          {window.strides[0], 1},
          {window.dilations[0], 1},
          {window.pads.top, 0, window.pads.bottom, 0}};
}

// (O, KH, KW, C) is (O, KH, 1, KW·C) without moving anything.
Tensor column_weight(const Tensor& weight) {
  const Shape& s = weight.shape();
  return weight.reshaped({s[0], s[1], 1, s[2] * s[3]});
}

class UnrolledConvolution final : public Kernel {
 public:
  UnrolledConvolution(const WindowGeometry& window, KernelPtr inner)
      : window_(window), inner_(std::move(inner)) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    picture_ = inputs[0];
    const Shape& x = picture_.shape;
    const Shape shape{x[0], x[1], outputs[0].shape[2], window_.kernel[1] * x[3]};
    if (unrolled_.empty() || unrolled_.shape() != shape) {
      unrolled_ = Tensor();  // freed first: both need not fit at once
      TRY(unrolled_, Tensor::uninitialised(shape));
    }
    const TensorView unrolled = TensorView::of(unrolled_);
    return inner_->configure({&unrolled, 1}, outputs, pool);
  }

  Status run(ThreadPool& pool) override {
    const int64_t rows = picture_.shape[0] * picture_.shape[1];
    pool.for_each_tile(static_cast<size_t>(rows), 8, [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) unroll_row(static_cast<int64_t>(row));
    });
    return inner_->run(pool);
  }

  bool accepts_row_strides() const override { return true; }
  int64_t held_bytes() const override {
    return inner_->held_bytes() + (unrolled_.empty() ? 0 : unrolled_.shape().elements() * 4);
  }

 private:
  void unroll_row(int64_t row) const {
    const int64_t columns = unrolled_.shape()[2], length = unrolled_.shape()[3],
                  channels = picture_.shape[3];
    const float* pixels = picture_.data + row * picture_.shape[2] * picture_.row_stride;
    float* to = unrolled_.data() + row * columns * length;
    for (int64_t q = 0; q < columns; ++q, to += length) {
      const RowPart part = row_part(window_, q, picture_.shape[2]);
      std::fill_n(to, part.begin * channels, 0.0f);
      copy(pixels, part, to);
      std::fill_n(to + part.end * channels, length - part.end * channels, 0.0f);
    }
  }

  void copy(const float* pixels, const RowPart& part, float* to) const {
    const int64_t channels = picture_.shape[3];
    if (picture_.dense()) {
      std::copy_n(pixels + (part.first_column + part.begin) * channels,
                  (part.end - part.begin) * channels, to + part.begin * channels);
      return;
    }
    for (int64_t tap = part.begin; tap < part.end; ++tap) {
      std::copy_n(pixels + (part.first_column + tap) * picture_.row_stride, channels,
                  to + tap * channels);
    }
  }

  const WindowGeometry window_;
  const KernelPtr inner_;
  TensorView picture_;
  Tensor unrolled_;
};

}  // namespace

bool unrolling_pays(const WindowGeometry& window, int64_t group, const Shape& weight) {
  return group == 1 && weight[3] <= 4 && window.kernel[1] >= 5 && window.dilations[1] == 1 &&
         window.kernel[1] <= 4 * window.strides[1];
}

Result<KernelPtr> make_unrolled_convolution_kernel(const WindowGeometry& window,
                                                   const Tensor& weight, Tensor bias,
                                                   OutputClamp clamp) {
  TRY(KernelPtr inner, make_convolution_kernel(column_window(window), 1, column_weight(weight),
                                               std::move(bias), clamp));
  return std::make_unique<UnrolledConvolution>(window, std::move(inner));
}

}  // namespace convscope
