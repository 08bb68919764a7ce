// Functions of two numbers, and repetition, with NumPy's broadcasting.
#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/kernels.h"
#include "kernels/row_map.h"
#include "kernels/rows.h"

namespace convscope {
namespace {

template <typename Combine>
class Binary final : public Kernel {
 public:
  explicit Binary(Combine combine) : combine_(combine) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    views_ = {inputs[0], inputs[1], outputs[0]};
    const Shape& shape = outputs[0].shape;
    same_ = inputs[0].shape == shape && inputs[1].shape == shape;
    rows_ = {RowMap(inputs[0].shape, shape), RowMap(inputs[1].shape, shape)};
    return {};
  }

  Status run(ThreadPool& pool) override {
    if (same_) {
      for_each_run(views_, pool, [this](const std::array<float*, 3>& p, int64_t count) {
        const float *a = p[0], *b = p[1];
        float* y = p[2];
        CONVSCOPE_ELEMENTWISE_LOOP
        for (int64_t i = 0; i < count; ++i) y[i] = combine_(a[i], b[i]);
      });
      return {};
    }
    const Shape& shape = views_[2].shape;
    pool.for_each_tile(static_cast<size_t>(shape.rows()), rows_per_tile(shape.channels()),
                       [&](size_t begin, size_t end) {
                         for (auto row = static_cast<int64_t>(begin);
                              row < static_cast<int64_t>(end); ++row)
                           run_row(row);
                       });
    return {};
  }
  bool accepts_row_strides() const override { return true; }
  bool works_in_place() const override { return true; }

 private:
  void run_row(int64_t row) const {
    const float* a = views_[0].data + rows_[0](row) * views_[0].row_stride;
    const float* b = views_[1].data + rows_[1](row) * views_[1].row_stride;
    float* y = views_[2].data + row * views_[2].row_stride;
    const int64_t channels = views_[2].shape.channels();
    const bool a_varies = views_[0].shape.channels() == channels,
               b_varies = views_[1].shape.channels() == channels;
    if (a_varies && b_varies) {
      CONVSCOPE_ELEMENTWISE_LOOP
      for (int64_t c = 0; c < channels; ++c) y[c] = combine_(a[c], b[c]);
    } else if (a_varies) {
      const float scalar = b[0];
      CONVSCOPE_ELEMENTWISE_LOOP
      for (int64_t c = 0; c < channels; ++c) y[c] = combine_(a[c], scalar);
    } else {
      const float scalar = a[0];
      CONVSCOPE_ELEMENTWISE_LOOP
      for (int64_t c = 0; c < channels; ++c) y[c] = combine_(scalar, b[c]);
    }
  }

  const Combine combine_;
  std::array<TensorView, 3> views_;
  std::array<RowMap, 2> rows_;
  bool same_ = false;
};

template <typename Combine>
KernelPtr make_binary(Combine combine) {
  return std::make_unique<Binary<Combine>>(combine);
}

class Expand final : public Kernel {
 public:
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    x_ = inputs[0];
    y_ = outputs[0];
    rows_ = RowMap(x_.shape, y_.shape);
    return {};
  }
  Status run(ThreadPool& pool) override {
    const int64_t channels = y_.shape.channels();
    const bool varies = x_.shape.channels() == channels;
    pool.for_each_tile(static_cast<size_t>(y_.shape.rows()), rows_per_tile(channels),
                       [&](size_t begin, size_t end) {
                         for (auto row = static_cast<int64_t>(begin);
                              row < static_cast<int64_t>(end); ++row) {
                           const float* x = x_.data + rows_(row) * x_.row_stride;
                           float* y = y_.data + row * y_.row_stride;
                           if (varies) {
                             std::copy_n(x, channels, y);
                           } else {
                             std::fill_n(y, channels, x[0]);
                           }
                         }
                       });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  TensorView x_, y_;
  RowMap rows_;
};

}  // namespace

KernelPtr make_add_kernel(OutputClamp clamp) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (clamp.minimum == -kInfinity && clamp.maximum == kInfinity) {
    return make_binary([](float a, float b) { return a + b; });
  }
  return make_binary([clamp](float a, float b) {
    const float sum = a + b;
    const float low = sum < clamp.minimum ? clamp.minimum : sum;
    return low > clamp.maximum ? clamp.maximum : low;
  });
}

KernelPtr make_binary_kernel(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kDivide:
      return make_binary([](float a, float b) { return a / b; });
    case BinaryFunction::kMaximum:
      return make_binary([](float a, float b) { return b > a ? b : a; });
    case BinaryFunction::kMinimum:
      return make_binary([](float a, float b) { return b < a ? b : a; });
    case BinaryFunction::kMultiply:
      return make_binary([](float a, float b) { return a * b; });
    case BinaryFunction::kPower:
      return make_binary([](float a, float b) { return std::pow(a, b); });
    case BinaryFunction::kPRelu:
      return make_binary([](float a, float b) { return a > 0 ? a : b * a; });
    case BinaryFunction::kSubtract:
      return make_binary([](float a, float b) { return a - b; });
  }
  return nullptr;
}

KernelPtr make_expand_kernel() { return std::make_unique<Expand>(); }

}  // namespace convscope
