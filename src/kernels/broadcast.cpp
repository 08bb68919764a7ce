// Addition, multiplication, repetition and its transpose, with NumPy's broadcasting.
#include <limits>

#include "kernels/kernels.h"
#include "kernels/rows.h"

namespace convscope {
namespace {

// Which row of a smaller tensor belongs to a row of the larger one that it is broadcast to.
class RowMap {
 public:
  RowMap() = default;
  RowMap(const Shape& small, const Shape& large) : axes_(std::max(0, large.rank() - 1)) {
    int64_t step = 1;
    for (int axis = axes_ - 1; axis >= 0; --axis) {
      const int small_axis = axis - (large.rank() - small.rank());
      const int64_t extent = small_axis >= 0 ? small[small_axis] : 1;
      extents_[static_cast<size_t>(axis)] = large[axis];
      steps_[static_cast<size_t>(axis)] = extent == 1 ? 0 : step;
      identity_ = identity_ && extent == large[axis];
      step *= extent;
    }
  }

  int64_t operator()(int64_t row) const {
    if (identity_) return row;
    int64_t out = 0;
    for (int axis = axes_ - 1; axis >= 0; --axis) {
      const int64_t extent = extents_[static_cast<size_t>(axis)];
      out += row % extent * steps_[static_cast<size_t>(axis)];
      row /= extent;
    }
    return out;
  }

 private:
  int axes_ = 0;
  bool identity_ = true;
  std::array<int64_t, kMaxRank> extents_{}, steps_{};
};

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

 private:
  void run_row(int64_t row) const {
    const float* a = views_[0].data + rows_[0](row) * views_[0].row_stride;
    const float* b = views_[1].data + rows_[1](row) * views_[1].row_stride;
    float* y = views_[2].data + row * views_[2].row_stride;
    const int64_t channels = views_[2].shape.channels();
    const bool a_varies = views_[0].shape.channels() == channels,
               b_varies = views_[1].shape.channels() == channels;
    if (a_varies && b_varies) {
      for (int64_t c = 0; c < channels; ++c) y[c] = combine_(a[c], b[c]);
    } else if (a_varies) {
      for (int64_t c = 0; c < channels; ++c) y[c] = combine_(a[c], b[0]);
    } else {
      for (int64_t c = 0; c < channels; ++c) y[c] = combine_(a[0], b[c]);
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

// Sums in double: a gradient that sums a whole picture would otherwise lose digits. Threads share
// channels, or the rows of the output where there are enough.
class SumTo final : public Kernel {
 public:
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    const bool planned = inputs[0].shape == x_.shape && outputs[0].shape == y_.shape;
    x_ = inputs[0];
    y_ = outputs[0];
    if (planned) return {};
    const RowMap rows(y_.shape, x_.shape);
    // Rows of x in the order of the row of y they belong to: a counting sort.
    const int64_t count = x_.shape.rows(), targets = y_.shape.rows();
    begins_.assign(static_cast<size_t>(targets) + 1, 0);
    order_.resize(static_cast<size_t>(count));
    for (int64_t row = 0; row < count; ++row) ++begins_[static_cast<size_t>(rows(row)) + 1];
    for (size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
    std::vector<int32_t> next(begins_.begin(), begins_.end() - 1);
    for (int64_t row = 0; row < count; ++row) {
      order_[static_cast<size_t>(next[static_cast<size_t>(rows(row))]++)] =
          static_cast<int32_t>(row);
    }
    return {};
  }

  Status run(ThreadPool& pool) override {
    pool.for_each_tile(static_cast<size_t>(y_.shape.rows()), 1, [&](size_t begin, size_t end) {
      std::vector<double> sums(static_cast<size_t>(x_.shape.channels()));
      for (size_t row = begin; row < end; ++row) sum_row(row, sums);
    });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  void sum_row(size_t row, std::vector<double>& sums) const {
    std::ranges::fill(sums, 0.0);
    for (int32_t i = begins_[row]; i < begins_[row + 1]; ++i) {
      const float* x = x_.data + order_[static_cast<size_t>(i)] * x_.row_stride;
      for (size_t c = 0; c < sums.size(); ++c) sums[c] += static_cast<double>(x[c]);
    }
    float* y = y_.data + static_cast<int64_t>(row) * y_.row_stride;
    if (y_.shape.channels() == x_.shape.channels()) {
      for (size_t c = 0; c < sums.size(); ++c) y[c] = static_cast<float>(sums[c]);
    } else {
      double total = 0;
      for (double sum : sums) total += sum;
      y[0] = static_cast<float>(total);
    }
  }

  TensorView x_, y_;
  std::vector<int32_t> begins_, order_;
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

KernelPtr make_multiply_kernel() {
  return make_binary([](float a, float b) { return a * b; });
}
KernelPtr make_expand_kernel() { return std::make_unique<Expand>(); }
KernelPtr make_sum_to_kernel() { return std::make_unique<SumTo>(); }

}  // namespace convscope
