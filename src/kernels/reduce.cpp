// Reductions over any axes, in double: a sum over a whole picture would otherwise lose digits.
// Threads share the rows of the output and, where the last axis stays, blocks of its channels.
#include <limits>

#include "kernels/kernels.h"
#include "kernels/row_map.h"
#include "kernels/rows.h"

namespace convscope {
namespace {

constexpr int64_t kChannelBlock = 64;

struct Sum {
  static constexpr double kStart = 0;
  static double combine(double a, double b) { return a + b; }
};
struct Product {
  static constexpr double kStart = 1;
  static double combine(double a, double b) { return a * b; }
};
struct Maximum {
  static constexpr double kStart = -std::numeric_limits<double>::infinity();
  static double combine(double a, double b) { return b > a ? b : a; }
};

// The shape of the result when reduced axes keep an extent of 1. No axes: all of them.
Shape kept_shape(const Shape& x, std::span<const int> axes) {
  Shape kept = x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axes.empty()) kept.set(axis, 1);
  }
  for (int axis : axes) kept.set(axis < 0 ? axis + x.rank() : axis, 1);
  return kept;
}

// Splits work on rows and, where channels stay apart, blocks of channels.
template <typename Body>
void for_each_group(int64_t groups, int64_t channels, bool split, ThreadPool& pool,
                    const Body& body) {
  const int64_t block = split ? kChannelBlock : std::max<int64_t>(channels, 1);
  const int64_t blocks = std::max<int64_t>(1, (channels + block - 1) / block);
  pool.for_each_tile(static_cast<size_t>(groups * blocks), 1, [&](size_t begin, size_t end) {
    for (auto i = static_cast<int64_t>(begin); i < static_cast<int64_t>(end); ++i) {
      const int64_t first = i % blocks * block;
      body(i / blocks, first, std::min(first + block, channels));
    }
  });
}

template <typename Function>
class Reduce final : public Kernel {
 public:
  // Without `axes` the output's own shape, which broadcasts to the input's, says what stays.
  Reduce(std::optional<std::vector<int>> axes, bool mean, bool keepdims)
      : axes_(std::move(axes)), mean_(mean), keepdims_(keepdims) {}

  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    const Shape kept = axes_ ? kept_shape(inputs[0].shape, *axes_) : outputs[0].shape;
    const bool planned = inputs[0].shape == x_.shape && kept == y_.shape;
    x_ = inputs[0];
    y_ = {outputs[0].data, kept, keepdims_ ? outputs[0].row_stride : kept.channels()};
    if (!planned) groups_.plan(kept, x_.shape);
    return {};
  }

  Status run(ThreadPool& pool) override {
    const bool split = y_.shape.channels() == x_.shape.channels();
    for_each_group(groups_.count(), x_.shape.channels(), split, pool,
                   [&](int64_t group, int64_t begin, int64_t end) {
                     std::vector<double> totals(static_cast<size_t>(end - begin));
                     reduce(group, begin, totals);
                     store(group, begin, split, totals);
                   });
    return {};
  }
  bool accepts_row_strides() const override { return keepdims_; }

 private:
  void reduce(int64_t group, int64_t begin, std::span<double> totals) const {
    std::ranges::fill(totals, Function::kStart);
    for (int32_t row : groups_.rows(group)) {
      const float* x = x_.data + row * x_.row_stride + begin;
      for (size_t c = 0; c < totals.size(); ++c)
        totals[c] = Function::combine(totals[c], static_cast<double>(x[c]));
    }
  }

  void store(int64_t group, int64_t begin, bool split, std::span<const double> totals) const {
    const double scale =
        mean_ ? static_cast<double>(y_.shape.elements()) / static_cast<double>(x_.shape.elements())
              : 1.0;
    float* y = y_.data + group * y_.row_stride + begin;
    if (split) {
      for (size_t c = 0; c < totals.size(); ++c) y[c] = static_cast<float>(scale * totals[c]);
      return;
    }
    double total = Function::kStart;
    for (double part : totals) total = Function::combine(total, part);
    y[0] = static_cast<float>(scale * total);
  }

  const std::optional<std::vector<int>> axes_;
  const bool mean_, keepdims_;
  TensorView x_, y_;
  RowGroups groups_;
};

class ReduceMaxGrad final : public Kernel {
 public:
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool&) override {
    const bool planned = inputs[0].shape == x_.shape && inputs[1].shape == dy_.shape;
    x_ = inputs[0];
    dy_ = inputs[1];
    dx_ = outputs[0];
    if (!planned) groups_.plan(dy_.shape, x_.shape);
    return {};
  }

  Status run(ThreadPool& pool) override {
    const bool split = dy_.shape.channels() == x_.shape.channels();
    for_each_group(groups_.count(), x_.shape.channels(), split, pool,
                   [&](int64_t group, int64_t begin, int64_t end) {
                     for (int32_t row : groups_.rows(group))
                       std::fill_n(dx_.data + row * dx_.row_stride + begin, end - begin, 0.0f);
                     if (!split) return pass(group, 0, end, dy_.data[group * dy_.row_stride]);
                     for (int64_t c = begin; c < end; ++c)
                       pass(group, c, c + 1, dy_.data[group * dy_.row_stride + c]);
                   });
    return {};
  }
  bool accepts_row_strides() const override { return true; }

 private:
  // Hands `dy` to the first maximum of channels [begin, end) in all rows of the group.
  void pass(int64_t group, int64_t begin, int64_t end, float dy) const {
    int64_t best_row = groups_.rows(group)[0], best = begin;
    for (int32_t row : groups_.rows(group)) {
      const float* x = x_.data + row * x_.row_stride;
      for (int64_t c = begin; c < end; ++c) {
        if (x[c] > x_.data[best_row * x_.row_stride + best]) {
          best_row = row;
          best = c;
        }
      }
    }
    dx_.data[best_row * dx_.row_stride + best] = dy;
  }

  TensorView x_, dy_, dx_;
  RowGroups groups_;
};

}  // namespace

KernelPtr make_reduce_kernel(ReduceFunction function, std::vector<int> axes, bool keepdims) {
  switch (function) {
    case ReduceFunction::kSum:
      return std::make_unique<Reduce<Sum>>(std::move(axes), false, keepdims);
    case ReduceFunction::kMean:
      return std::make_unique<Reduce<Sum>>(std::move(axes), true, keepdims);
    case ReduceFunction::kMaximum:
      return std::make_unique<Reduce<Maximum>>(std::move(axes), false, keepdims);
    case ReduceFunction::kProduct:
      return std::make_unique<Reduce<Product>>(std::move(axes), false, keepdims);
  }
  return nullptr;
}

KernelPtr make_sum_to_kernel() {
  return std::make_unique<Reduce<Sum>>(std::nullopt, false, /*keepdims=*/true);
}

KernelPtr make_reduce_max_grad_kernel() { return std::make_unique<ReduceMaxGrad>(); }

}  // namespace convscope
